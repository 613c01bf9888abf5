import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateKey } from '@parse-factors/core';
import { afterAll, afterEach, expect, inject, it } from 'vitest';
import { createDatabase } from '@parse-factors/test-server/database/test-database';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { requireParseServer } from '@parse-factors/test-server/parse-server-home';
import { freePort } from '@parse-factors/test-server/postgres';
import { docsBlocks } from '../support/docs-page.js';
import { shownAtLogin } from '../support/harness.js';
import { StandIn } from '@parse-factors/test-server/provider-stand-in';
import { sessionHeaders } from '../support/requests.js';

/** The files that docs/start/existing-app.md shows, run as an app of their own: CommonJS, mounted on Express. */

const PHONE = '+14155552671';
const ann = { username: 'ann', password: 'correct horse' };
const twilio = new StandIn();
const packages = fileURLToPath(new URL('../../node_modules/@parse-factors', import.meta.url));
let folder = '';
let twilioUrl = '';
let app: ChildProcess | undefined;
let url = '';

/** Writes the page's files; only the address of Twilio is another. */
function writeApp(): void {
  folder = mkdtempSync(join(tmpdir(), 'existing-app-'));
  for (const { info, text } of docsBlocks('start/existing-app')) {
    const [, path] = /^js \[(.*)\]$/.exec(info) ?? [];
    if (path === undefined) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text.replace('twilio({', `twilio({ baseUrl: '${twilioUrl}',`));
  }
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  symlinkSync(packages, join(modules, '@parse-factors'));
  const parseServer = dirname(requireParseServer.resolve('parse-server/package.json'));
  for (const name of ['parse-server', 'express']) symlinkSync(join(dirname(parseServer), name), join(modules, name));
}

/** Makes the changes that the page describes for an app with triggers and social logins of its own. */
function addTriggersAndSocialLogins(): void {
  const index = join(folder, 'index.js');
  const [plain, own] = ['auth: { ...factors.auth }', "auth: require('./auth')"];
  const text = readFileSync(index, 'utf8');
  expect(text).toContain(plain);
  writeFileSync(index, text.replace(plain, own));
  appendFileSync(join(folder, 'cloud', 'main.js'), "require('./users');\n");
}

async function startApp(change?: () => void): Promise<void> {
  twilioUrl ||= await twilio.start();
  writeApp();
  change?.();
  const port = await freePort();
  url = `http://localhost:${port}/parse`;
  const loader = new URL(import.meta.resolve('tsx')).href;
  app = spawn(process.execPath, ['--import', loader, '--conditions=@parse-factors/source', 'index.js'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      PARSE_SERVER_LOGS_FOLDER: 'null',
      PORT: String(port),
      DATABASE_URI: await createDatabase(inject('database')),
      MASTER_KEY: 'master',
      FACTOR_KEYS: generateKey('1'),
      FACEBOOK_APP_ID: 'app',
      GOOGLE_CLIENT_ID: 'client',
      TWILIO_SID: `AC${'0'.repeat(32)}`,
      TWILIO_TOKEN: 'token',
    },
  });
  let output = '';
  app.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  app.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await expect
    .poll(
      () =>
        fetch(`${url}/health`).then(
          ({ ok }) => ok,
          () => output,
        ),
      { timeout: 50_000 },
    )
    .toBe(true);
}

afterEach(() => {
  app?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => twilio.stop());

async function call(method: string, path: string, body?: object, headers: object = {}): Promise<Answer> {
  const sent = { 'X-Parse-Application-Id': 'acme', 'Content-Type': 'application/json', ...headers };
  const content = body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(`${url}${path}`, { method, headers: sent, body: content ?? null });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const sentCode = (): string => {
  const { body = '' } = twilio.received.at(-1) ?? {};
  return /\d{6}/.exec(new URLSearchParams(body).get('Body') ?? '')?.[0] ?? '';
};

const STATUS = { status: 'enabled', destination: '•••• 2671' };

/** Logs a user in without a factor, then with one: the password, then password and code. Returns the last session. */
async function enrolAndLogIn(): Promise<{ readonly path: string; readonly session: object }> {
  const { body: user } = await call('POST', '/users', ann);
  const path = `/users/${String(user['objectId'])}`;
  const session = { 'X-Parse-Session-Token': String(user['sessionToken']) };
  const other = await call('POST', '/login', ann);
  expect(other.body['sessionToken']).toEqual(expect.any(String));

  expect((await call('POST', '/challenge', { challengeData: { otp: { phone: PHONE } } }, session)).status).toBe(200);
  const enrolled = await call('PUT', path, { authData: { otp: { phone: PHONE, code: sentCode() } } }, session);
  expect(enrolled.body['authDataResponse']).toMatchObject({ otp: STATUS });
  expect((await call('GET', '/users/me', undefined, session)).status).toBe(200);
  expect((await call('GET', '/users/me', undefined, sessionHeaders(other))).body['code']).toBe(209);

  expect((await call('POST', '/login', ann)).body).toMatchObject({ code: -1, error: expect.stringContaining('otp') });
  expect((await call('POST', '/challenge', { ...ann, challengeData: { otp: true } })).status).toBe(200);
  const loggedIn = await call('POST', '/login', { ...ann, authData: { otp: sentCode() } });
  expect(loggedIn.body).toMatchObject({ sessionToken: expect.any(String), authData: { otp: shownAtLogin(STATUS) } });
  return { path, session: sessionHeaders(loggedIn) };
}

it('the CommonJS app asks users who have set up a phone for password and code, and guards the factor', async () => {
  await startApp();
  const { path, session } = await enrolAndLogIn();
  const removal = await call('PUT', path, { authData: { otp: null } }, session);
  expect(removal.body).toMatchObject({ error: expect.stringContaining('fresh_proof_required') });
});

it("an app's own triggers and social login work as before beside the factor", async () => {
  await startApp(addTriggersAndSocialLogins);
  const { path, session: later } = await enrolAndLogIn();
  const removal = await call('PUT', path, { authData: { otp: null } }, later);
  expect(removal.body).toMatchObject({ error: expect.stringContaining('fresh_proof_required') });
  const refused = { code: 142, error: 'Choose another nickname.' };
  expect((await call('PUT', path, { nickname: 'admin' }, later)).body).toEqual(refused);
  const bob = { username: 'bob', password: 'correct horse' };
  expect((await call('POST', '/users', { ...bob, isBanned: true })).status).toBe(201);
  expect((await call('POST', '/login', bob)).body).toEqual({ code: 101, error: 'This account is closed.' });

  const master = { 'X-Parse-Master-Key': 'master' };
  const owner = { __type: 'Pointer', className: '_User', objectId: path.split('/').at(-1) };
  await call('POST', '/classes/Photo', { owner }, master);
  expect((await call('GET', '/classes/Photo', undefined, master)).body['results']).toHaveLength(1);
  expect((await call('DELETE', path, undefined, later)).status).toBe(200);
  await expect.poll(async () => (await call('GET', '/classes/Photo', undefined, master)).body['results']).toEqual([]);

  // The social login is the app's as before: its own adapter looks at the token.
  const google = await call('POST', '/users', { authData: { google: { id: '1', id_token: 'no token' } } });
  expect(google.body['code']).toBe(101);
  expect(google.body['error']).toMatch(/token/i);
});
