// @slow
import { authenticatorCode } from '@parse-factors/e2e/authenticator-code';
import { ExampleProcesses } from '@parse-factors/test-server/example-process';
import { freePort } from '@parse-factors/test-server/postgres';
import { isSignedBy, WebhookEndpoint, webhookSecret } from '@parse-factors/test-server/webhook-endpoint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './call.js';

const examples = new ExampleProcesses();
const endpoint = new WebhookEndpoint();
let url: string;
let port: number;
beforeAll(async () => {
  [url, port] = [`${await endpoint.start()}/hooks/factors`, await freePort()];
});
afterAll(() => {
  examples.remove();
  endpoint.stop();
});

/** Signs a user up and sets up an authenticator app. Returns the user's id. */
async function enrol(): Promise<string> {
  const { objectId, sessionToken } = await call({ port, path: '/users', body: { username: 'ann', password: 'correct horse' } });
  const session = String(sessionToken);
  const begun = await call({ port, path: '/challenge', session, body: { challengeData: { totp: true } } });
  const { secret = '' } = (begun['challengeData'] as { totp: { secret?: string } }).totp;
  const code = authenticatorCode(secret, Date.now());
  const saved = await call({
    port,
    path: `/users/${String(objectId)}`,
    method: 'PUT',
    session,
    body: { authData: { totp: code } },
  });
  expect(saved).toMatchObject({ authDataResponse: { totp: { status: 'enabled' } } });
  return String(objectId);
}

describe('npm start', () => {
  it('with WEBHOOK_URL and WEBHOOK_SECRET sends events there, signed with the secret', async () => {
    const secret = webhookSecret();
    const run = examples.start(port, { WEBHOOK_URL: url, WEBHOOK_SECRET: secret });
    await run.until('Ctrl-C stops it.');
    const arrived = new Promise<void>((resolve) => {
      endpoint.onRequest = () => (endpoint.types.includes('factor.enrolled') ? resolve() : undefined);
    });
    const userId = await enrol();
    await arrived;
    const [message] = endpoint.messages.filter(({ event }) => event.type === 'factor.enrolled');
    if (message === undefined) throw new Error('no event arrived');
    expect(message).toMatchObject({ method: 'POST', path: '/hooks/factors', event: { data: { factor: 'totp', userId } } });
    expect(message.event.data).not.toHaveProperty('ip');
    expect(await isSignedBy(secret, message)).toBe(true);
    expect(await isSignedBy(webhookSecret(), message)).toBe(false);
    expect(await isSignedBy(secret, { ...message, body: message.body.replace(userId, 'another') })).toBe(false);
    // The example has chosen its events. Steps such as a begun setup are not among them.
    expect(endpoint.types.filter((type) => ['factor.challenged', 'factor.verified'].includes(type))).toEqual([]);
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(0);
    expect(run.output()).not.toContain(secret);
  }, 120_000);

  it.each([
    [{ WEBHOOK_URL: 'https://siem.example/hooks' }, /^WEBHOOK_SECRET must be set as well, as WEBHOOK_URL is set\.\n$/],
    [{ WEBHOOK_SECRET: 'whsec_x' }, /^WEBHOOK_URL must be set as well, as WEBHOOK_SECRET is set\.\n$/],
    [{ WEBHOOK_URL: 'http://siem.example', WEBHOOK_SECRET: webhookSecret() }, /webhook: option "url" must be/],
    [{ WEBHOOK_URL: 'https://siem.example', WEBHOOK_SECRET: 'whsec_short' }, /webhook: option "secrets" must be/],
  ])(
    'with %o says what is wrong, and does not start',
    async (env, sentence) => {
      const run = examples.start(await freePort(), env);
      expect(await run.ended).toBe(1);
      expect(run.output()).toMatch(sentence);
    },
    60_000,
  );
});
