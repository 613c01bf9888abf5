import { initializeOtpAdapter, OTP_TABLE_SCHEMA, type OtpAdapterOptions } from '@parse-factors/email-otp';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { startParseServer, type Answer, type TestServer } from '@parse-factors/test-server/parse-server';
import { MASTER } from '../support/requests.js';

/** Servers with the drop-in that are configured otherwise. */

let server: TestServer;
let addresses = 0;
const options: OtpAdapterOptions = { otpValidityInMs: 300_000, maxAttempts: 3, sendEmail: async () => undefined };
const start = async (more: Partial<OtpAdapterOptions>, config: object = {}): Promise<void> => {
  server = await startParseServer(inject('database'), {
    auth: { otp: initializeOtpAdapter({ ...options, ...more }) },
    ...config,
  });
};
const ask = (headers: Record<string, string> = {}): Promise<Answer> =>
  server.call('POST', '/challenge', { challengeData: { otp: { email: `person${(addresses += 1)}@example.com` } } }, headers);
afterEach(() => server.stop());

describe('the schema that parse-server-otp-auth-adapter exports', () => {
  it('the schema that parse-server-otp-auth-adapter exports can be named in the configuration as before, and is closed to clients', async () => {
    await start({}, { schema: { definitions: [OTP_TABLE_SCHEMA] } });
    const { body } = await server.call('GET', '/schemas/OTP', undefined, MASTER);
    expect(Object.keys(body['fields'] as object)).toEqual(expect.arrayContaining(Object.keys(OTP_TABLE_SCHEMA.fields)));
    const answers = [
      await server.call('POST', '/classes/OTP', { email: 'a@example.com' }),
      await server.call('GET', '/classes/OTP'),
    ];
    expect(answers.map(({ body: { code } }) => code)).toEqual([119, 119]);
  });
});

describe('the limit of one IP address', () => {
  it('the drop-in has an option `maxSendsPerIp` for the limit of one IP address', async () => {
    await start({ maxSendsPerIp: 2 });
    const answers = [await ask(), await ask(), await ask()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400]);
  });

  it('the drop-in warns once in the log where a proxy seems to stand before the server and `trustProxy` is off', async () => {
    const warnings: string[] = [];
    const log = (level: string, message: unknown): void => void (level === 'warn' && warnings.push(String(message)));
    await start({}, { logLevel: 'warn', loggerAdapter: { log } });
    await ask();
    expect(warnings.filter((text) => text.includes('trustProxy'))).toEqual([]);
    for (let time = 0; time < 3; time += 1) await ask({ 'X-Forwarded-For': '203.0.113.7' });
    expect(warnings.filter((text) => text.includes('trustProxy'))).toHaveLength(1);
  });
});
