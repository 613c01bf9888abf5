// @compat-installed @slow
import { execFile } from 'node:child_process';
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authenticatorCode } from '@parse-factors/e2e/authenticator-code';
import { freePort } from '@parse-factors/test-server/postgres';
import { tour } from '../src/pages/tour.js';
import { ExampleProcesses, type ExampleRun } from '@parse-factors/test-server/example-process';

const examples = new ExampleProcesses();
let port: number;
let url: string;

const start = (env: Record<string, string> = {}): ExampleRun => examples.start(port, env);

const fetchJson = async (path: string, init?: RequestInit): Promise<unknown> => (await fetch(`${url}${path}`, init)).json();
const logIn = (): Promise<unknown> =>
  fetchJson('/parse/login', {
    method: 'POST',
    headers: { 'X-Parse-Application-Id': 'example', 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: 'ann', password: 'correct horse' }),
  });

beforeAll(async () => {
  port = await freePort();
  url = `http://localhost:${port}`;
});
afterAll(() => examples.remove());

describe('npm start', () => {
  it('boots with nothing configured; the lines on its page do the whole flow; a restart keeps everything', async () => {
    const first = start();
    await first.until('Ctrl-C stops it.');
    expect(first.output()).toContain(`The example runs at ${url}\nCodes appear at ${url}/outbox\nMaster key of this start: `);

    const page = await fetch(`${url}/tour`);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    const html = await page.text();
    const unescape = (text: string): string =>
      text
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&amp;', '&');
    const lines = [...html.matchAll(/<pre><code>([\s\S]*?)<\/code><\/pre>/g)].map(([, line = '']) => unescape(line));
    expect(lines).toEqual(tour(url).map(({ line }) => line));
    expect(await fetchJson('/outbox.json')).toEqual([]);

    const replies = await runTour(lines);
    expect(replies).toContain('"code":-1,"error":"Missing additional authData otp"');
    expect(replies.match(/"status":"sent"/g)).toHaveLength(5);
    expect(replies.match(/"status":"enabled".*"freshUntil"/g)).toHaveLength(3);
    expect(replies.match(/"sessionToken":"r:/g)).toHaveLength(5); // sign-up, by mail, by app, by device, without a password
    expect(replies).toMatch(/"device":\{"token":"[\w-]{22}\.[\w-]{43}"\}/);
    expect(replies).toContain('"status":"verified"');
    expect(/"codes":"([^"]+)"/.exec(replies)?.[1]?.split(', ')).toHaveLength(10);
    const sent = (await fetchJson('/outbox.json')) as { channel: string; to: string; text: string; sentAt: string }[];
    const isCode = ({ text }: { text: string }): boolean => /^\d{6} is your/.test(text);
    expect(sent.filter(isCode)).toMatchObject([
      { channel: 'sms', to: '+15551234567', sentAt: expect.stringMatching(/^20/) },
      { channel: 'email', to: 'ann@example.com' },
      { channel: 'email', to: 'ann@example.com' },
      { channel: 'email', to: 'ann@example.com' },
      { channel: 'email', to: 'bob@example.com' },
    ]);
    // What Ann is told of: an address at her phone, the authenticator and the recovery codes at both.
    const notices = sent.filter((message) => !isCode(message)).map(({ to }) => to);
    expect(notices.toSorted()).toEqual([...Array(3).fill('+15551234567'), ...Array(2).fill('ann@example.com')]);
    const mail = (sent as unknown as { id: string; to: string; isHtml: boolean }[]).find(({ to }) => to === 'ann@example.com');
    const shown = await fetch(`${url}/outbox/${mail?.id ?? ''}`);
    expect(shown.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'unsafe-inline'; sandbox;/);
    expect(await shown.text()).toMatch(/^<!doctype html>[\s\S]*\d{6}/);
    expect((await fetch(`${url}/outbox/0`)).status).toBe(404);
    for (const path of ['/', '/security', '/outbox', '/operator', '/sign-up', '/recover']) {
      const app = await fetch(`${url}${path}`);
      expect(app.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(app.headers.get('set-cookie')).toBeNull();
      expect(await app.text()).toContain('<div id="root"></div>');
    }
    const graphql = { query: '{ health }' };
    const headers = { 'X-Parse-Application-Id': 'example', 'Content-Type': 'application/json' };
    expect(await fetchJson('/graphql', { method: 'POST', headers, body: JSON.stringify(graphql) })).toEqual({
      data: { health: true },
    });

    // Apps copy what the example does, so the doctor finds nothing to mend.
    const masterKey = /Master key of this start: (\S+)/.exec(first.output())?.[1] ?? '';
    const check = { method: 'POST', headers: { ...headers, 'X-Parse-Master-Key': masterKey }, body: '{}' };
    expect(await fetchJson('/parse/functions/factorsCheck', check)).toMatchObject({ result: { findings: [] } });

    // Other origins read nothing, and no user reads another user's events.
    for (const Origin of ['http://evil.example', 'null', url]) {
      const health = await fetch(`${url}/parse/health`, { headers: { ...headers, Origin } });
      expect(health.headers.get('access-control-allow-origin')).toBe(url);
    }
    const eventsOf = (session: object): Promise<unknown> =>
      fetchJson('/parse/functions/ownEvents', { method: 'POST', headers: { ...headers, ...session }, body: '{}' });
    const tokens = [...replies.matchAll(/"sessionToken":"(r:\w+)"/g)].map(([, token = '']) => token);
    const events = await Promise.all(tokens.map((token) => eventsOf({ 'X-Parse-Session-Token': token })));
    // Ann's last session has some; Bob, whose account is a moment old, has none.
    expect(events).toContainEqual({ result: expect.arrayContaining([expect.objectContaining({ factor: 'totp' })]) });
    expect(events.at(-1)).toEqual({ result: [] });
    expect(await eventsOf({})).toMatchObject({ code: expect.any(Number), error: expect.any(String) });
    const log = `/parse/classes/FactorEvent`;
    expect(await fetchJson(log, { headers: { ...headers, 'X-Parse-Session-Token': tokens.at(-1) ?? '' } })).toHaveProperty(
      'error',
    );

    expect((await fetch(`${url}//`)).status).toBeLessThan(500);
    const foreign = await new Promise<number | undefined>((resolve, reject) => {
      get(`${url}/outbox.json`, { headers: { Host: 'evil.example' } }, ({ statusCode }) => resolve(statusCode)).on(
        'error',
        reject,
      );
    });
    expect(foreign).toBe(421);

    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.output()).toBe(`Port ${port} is taken. Stop what uses it, or choose another: PORT=${port + 1} npm start\n`);

    first.child.kill('SIGINT');
    expect(await first.ended).toBe(0);
    expect(first.output()).toContain('Stopped.');

    const third = start();
    await third.until('Ctrl-C stops it.');
    expect(await logIn()).toMatchObject({ code: -1, error: expect.stringContaining('Missing additional authData') });
    third.child.kill('SIGKILL');
    await third.ended;

    const fourth = start(); // after a crash, on the database that it left
    await fourth.until('Ctrl-C stops it.');
    expect(await logIn()).toMatchObject({ code: -1 });
    fourth.child.kill('SIGTERM');
    expect(await fourth.ended).toBe(0);
  }, 120_000);

  it('says in a sentence what is wrong with its environment', async () => {
    const production = start({ NODE_ENV: 'production' });
    expect(await production.ended).toBe(1);
    expect(production.output()).toMatch(/^outbox: it stores codes in plain text.*NODE_ENV=production.*\n$/);
    const wrong = start({ PORT: 'many' });
    expect(await wrong.ended).toBe(1);
    expect(wrong.output()).toBe('PORT must be a number from 1 to 65535.\n');
    const twilio = start({ TWILIO_ACCOUNT_SID: 'x' });
    expect(await twilio.ended).toBe(1);
    expect(twilio.output()).toMatch(/^twilio: option "accountSid" must be an account SID/);
  }, 60_000);
});

/** Runs the lines in one shell, as a person would paste them, and types the app's codes when asked. */
function runTour(lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = false;
    let output = '';
    const shell = execFile('bash', ['-c', lines.join('\necho; ')], (error) => (error === null ? resolve(output) : reject(error)));
    shell.stdout?.on('data', (chunk: string) => {
      output += chunk;
      const secret = /^[A-Z2-7]{32}$/m.exec(output)?.[0];
      if (secret === undefined || typed) return;
      typed = true;
      const now = Date.now();
      // The second code is the next step's, which one step of drift allows.
      shell.stdin?.write(`${authenticatorCode(secret, now)}\n${authenticatorCode(secret, now, 1)}\n`);
    });
  });
}
