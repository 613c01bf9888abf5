import { expect, it } from 'vitest';
import { parseMail } from '../src/parse-mail.js';
import { ADDRESS, delivery, describeOptions, faultOf } from './support/provider-suite.js';

/** With a real Parse Server: `e2e/delivery/parse-mail.test.ts`. */

type Mail = Readonly<Record<string, string>>;
const taking = (): { readonly sent: Mail[]; sendMail(mail: Mail): Promise<void> } => {
  const sent: Mail[] = [];
  return { sent, sendMail: async (mail) => void sent.push(mail) };
};
const { subject, text, html = '' } = delivery();

it('an adapter gets the recipient under both names, and the HTML part unless it is left out', async () => {
  const adapter = taking();
  await parseMail({ adapter }).send(delivery());
  await parseMail({ adapter, html: false }).send(delivery());
  await parseMail({ adapter }).notify?.({ to: ADDRESS, subject, text, signal: delivery().signal });
  const plain = { to: ADDRESS, recipient: ADDRESS, subject, text };
  expect(adapter.sent).toEqual([{ ...plain, html }, plain, plain]);
});

it('an adapter gets nothing when the time of the message is over', async () => {
  const adapter = taking();
  const late = delivery({ signal: AbortSignal.abort() });
  expect(await faultOf(parseMail({ adapter }).send(late))).toMatchObject({ name: 'MessageNotAccepted', code: 'timeout' });
  expect(adapter.sent).toEqual([]);
});

it('no server is running: nothing is sent', async () => {
  expect(await faultOf(parseMail().send(delivery()))).toMatchObject({ name: 'MessageNotAccepted', code: 'no_email_adapter' });
});

describeOptions('parseMail', parseMail, {}, [
  ['adapter', {}],
  ['adapter', 'smtp'],
  ['html', 'yes'],
  ['from', 'codes@acme.example'],
]);
