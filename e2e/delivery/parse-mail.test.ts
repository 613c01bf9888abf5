// @compat
import { fileURLToPath } from 'node:url';
import { createTransport } from 'nodemailer';
import { ApiMailAdapter } from 'parse-server-api-mail-adapter';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseMail } from '@parse-factors/channels/parse-mail';
import type { MailAdapter } from '@parse-factors/core/channel';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { mailServer } from '../support/mail-server.js';
import { SmtpStage } from '../support/smtp-stage.js';
import { MINUTE } from '../support/time.js';

/** Codes by the adapter that Parse Server sends its own mails with. */

const channel = parseMail();
const mail = { channel, deliveryTimeoutMs: 2000 };
const inbox = new SmtpStage();
let transport: ReturnType<typeof createTransport>;
let stage: Stage;

/** What an adapter passes to its mail library. */
type Mail = Readonly<Record<string, string>>;
const here = fileURLToPath(import.meta.url);

/** The least that Parse Server asks of an adapter. */
const simple: MailAdapter = {
  sendMail: ({ to, subject, text }) => transport.sendMail({ from: 'app@acme.example', to, subject, text }),
};
let adapter = simple;

const ask = (email: string): Promise<Answer> => stage.challenge({ challengeData: { emailLogin: { email } } });
const signIn = (id: string, code: string): Promise<Answer> =>
  stage.call('POST', '/users', { authData: { emailLogin: { id, code } } });
const reasons = (): readonly unknown[] =>
  stage.events.flatMap((event) => (event.type === 'delivery_failed' ? [event.reason] : []));

beforeAll(async () => {
  transport = createTransport({ host: '127.0.0.1', port: await inbox.start(), ignoreTLS: true });
});
afterAll(async () => {
  transport.close();
  await inbox.stop();
});

describe('a server with an adapter', () => {
  beforeAll(async () => {
    const emailAdapter: MailAdapter = { sendMail: (message) => adapter.sendMail(message) };
    stage = await startStage({ mail, emailLogin: mail, server: { ...mailServer(), emailAdapter } });
  });
  beforeEach(() => {
    adapter = simple;
    inbox.mails.length = 0;
    stage.events.length = 0;
    stage.time.now += MINUTE;
  });
  afterAll(() => stage.stop());

  it('parseMail signs a user up, and in again, with codes that the adapter sends', async () => {
    expect((await ask('ann@example.com')).status).toBe(200);
    expect(inbox.mails).toHaveLength(1);
    expect(inbox.mails[0]).toMatchObject({
      from: { address: 'app@acme.example' },
      to: [{ address: 'ann@example.com' }],
      subject: 'Your code',
      text: expect.stringMatching(/^\d{6} is your code to sign in\./),
    });
    const up = await signIn('ann@example.com', inbox.lastCode);
    expect(up.status).toBe(201);
    stage.time.now += MINUTE;
    await ask('ann@example.com');
    expect(await signIn('ann@example.com', inbox.lastCode)).toMatchObject({
      status: 200,
      body: { objectId: up.body['objectId'] },
    });
  });

  it('parseMail sends the second factor, and notifications', async () => {
    const person = await stage.signUp();
    await stage.challenge({ challengeData: { email: { email: 'bea@example.com' } } }, person.session);
    expect((await stage.save(person, { email: { email: 'bea@example.com', code: inbox.lastCode } })).status).toBe(200);
    stage.time.now += MINUTE;
    const { username, password } = person;
    expect((await stage.challenge({ username, password, challengeData: { email: true } })).status).toBe(200);
    expect((await stage.logIn(person, { email: inbox.lastCode })).status).toBe(200);
    const { signal } = new AbortController();
    await channel.notify?.({ to: 'bea@example.com', subject: 'Notice', text: 'Something happened.', signal });
    expect(inbox.mails.at(-1)).toMatchObject({ subject: 'Notice', text: 'Something happened.\n' });
  });

  it('parseMail sends by parse-server-api-mail-adapter, with the HTML part', async () => {
    adapter = new ApiMailAdapter({
      sender: 'api@acme.example',
      templates: { unused: { subjectPath: here, textPath: here } },
      apiCallback: ({ payload }: { readonly payload: Mail }) => transport.sendMail(payload),
    });
    expect((await ask('cay@example.com')).status).toBe(200);
    expect(inbox.mails[0]).toMatchObject({
      from: { address: 'api@acme.example' },
      to: [{ address: 'cay@example.com' }],
      html: expect.stringMatching(/^<!doctype html>[^]*>\d{6}<\/span>/),
    });
    expect((await signIn('cay@example.com', inbox.lastCode)).status).toBe(201);
  });

  it.each<readonly [string, MailAdapter['sendMail'], string]>([
    ['rejects', () => Promise.reject(new Error('secret words')), 'Error'],
    [
      'throws',
      () => {
        throw Object.assign(new Error('secret words'), { code: 'EENVELOPE' });
      },
      'EENVELOPE',
    ],
    ['never answers', () => new Promise(() => undefined), 'DeliveryTimeout'],
  ])('parseMail fails where the adapter %s, and the code is void', async (_what, fault, reason) => {
    let text = '';
    adapter = {
      sendMail: (message) => {
        text = String(message['text']);
        return fault(message);
      },
    };
    const person = await stage.signUp();
    const email = `${person.username}@example.com`;
    const asked = await stage.challenge({ challengeData: { email: { email } } }, person.session);
    expect(slug(asked)).toBe('delivery_failed');
    expect(reasons()).toEqual([reason]);
    expect(JSON.stringify([asked, stage.events])).not.toContain('secret words');
    expect(slug(await stage.save(person, { email: { email, code: text.slice(0, 6) } }))).toBe('code_expired');
  });
});

describe('a server without an adapter', () => {
  beforeAll(async () => {
    stage = await startStage({ mail });
  });
  afterAll(() => stage.stop());

  it('parseMail fails, and the event says why', async () => {
    const person = await stage.signUp();
    const asked = await stage.challenge({ challengeData: { email: { email: 'dan@example.com' } } }, person.session);
    expect(slug(asked)).toBe('delivery_failed');
    expect(reasons()).toEqual(['no_email_adapter']);
  });
});
