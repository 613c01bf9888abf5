// @compat
import { afterEach, expect, it } from 'vitest';
import { cloudCode } from '../support/cloud-code.js';
import { type Stage, startStage } from '../support/harness.js';

/** Own Cloud functions that return the copy of a user: Parse Server logs the result of each function that succeeds. */

const PHONE = '+15557781234';
let stage: Stage;
let logged: string[];
afterEach(() => stage.stop());

/** Starts a server that logs, with `myExport`, which works on after it has made the copy, and `hello`. */
async function start(): Promise<void> {
  logged = [];
  const loggerAdapter = { log: (...line: unknown[]) => void logged.push(JSON.stringify(line)), query: () => undefined };
  stage = await startStage({ install: true, server: { logLevel: 'info', silent: false, loggerAdapter } });
  const { Cloud } = cloudCode();
  Cloud.define('hello', async () => 'hello');
  Cloud.define('myExport', async (request) => {
    const copy = await stage.factors.export(request);
    await stage.rows.find('_Session', {}); // such as a row that says who has asked
    return copy;
  });
}

it('the log holds no copy of an own Cloud function that works on, alone and in a batch; the next request is logged again', async () => {
  await start();
  const ann = await stage.signUp();
  await stage.enrolPhone(ann, PHONE);
  const request = (name: string): object => ({ method: 'POST', path: `/parse/functions/${name}`, body: {} });
  const alone = await stage.call('POST', '/functions/myExport', {}, ann.session);
  const batch = await stage.call('POST', '/batch', { requests: [request('myExport'), request('hello')] }, ann.session);
  for (const { body } of [alone, batch]) expect(JSON.stringify(body)).toContain(PHONE);
  expect(logged.join('\n')).not.toContain(PHONE.slice(1));
  await stage.call('POST', '/functions/hello', {}, ann.session);
  expect(logged.join('\n')).toContain('Ran cloud function hello');
});
