import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateKey } from '@parse-factors/core';
import { afterAll, expect, inject, it } from 'vitest';
import { createDatabase } from '@parse-factors/test-server/database/test-database';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { requireParseServer } from '@parse-factors/test-server/parse-server-home';
import { freePort } from '@parse-factors/test-server/postgres';
import { docsBlocks } from '../support/docs-page.js';
import { shownAtLogin } from '../support/harness.js';
import { StandIn } from '../support/provider-stand-in.js';
import { sessionHeaders } from '../support/requests.js';

/** The files that docs/start/existing-app.md shows, run as an app of their own: CommonJS, mounted on Express. */

const PHONE = '+14155552671';
const ann = { username: 'ann', password: 'correct horse' };
const twilio = new StandIn();
const packages = fileURLToPath(new URL('../../node_modules/@parse-factors', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'existing-app-'));
let app: ChildProcess | undefined;
let url = '';

/** Lays the page's files out; only the address of Twilio is another. */
function writeApp(twilioUrl: string): void {
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

async function startApp(): Promise<void> {
  writeApp(await twilio.start());
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

afterAll(() => {
  app?.kill('SIGKILL');
  twilio.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function call(method: string, path: string, body: object, headers: object = {}): Promise<Answer> {
  const sent = { 'X-Parse-Application-Id': 'acme', 'Content-Type': 'application/json', ...headers };
  const response = await fetch(`${url}${path}`, { method, headers: sent, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const sentCode = (): string => {
  const { body = '' } = twilio.received.at(-1) ?? {};
  return /\d{6}/.exec(new URLSearchParams(body).get('Body') ?? '')?.[0] ?? '';
};

it("the guide leads from nothing to a login with password and SMS code, beside the app's own triggers and social login", async () => {
  await startApp();
  const { body: user } = await call('POST', '/users', ann);
  const path = `/users/${String(user['objectId'])}`;
  const session = { 'X-Parse-Session-Token': String(user['sessionToken']) };
  const status = { status: 'enabled', destination: '•••• 2671' };

  expect((await call('POST', '/challenge', { challengeData: { otp: { phone: PHONE } } }, session)).status).toBe(200);
  const enrolled = await call('PUT', path, { authData: { otp: { phone: PHONE, code: sentCode() } } }, session);
  expect(enrolled.body['authDataResponse']).toMatchObject({ otp: status });

  expect((await call('POST', '/login', ann)).body).toMatchObject({ code: -1, error: expect.stringContaining('otp') });
  expect((await call('POST', '/challenge', { ...ann, challengeData: { otp: true } })).status).toBe(200);
  const loggedIn = await call('POST', '/login', { ...ann, authData: { otp: sentCode() } });
  expect(loggedIn.body).toMatchObject({ sessionToken: expect.any(String), authData: { otp: shownAtLogin(status) } });

  // The guard runs, and so do the app's own triggers.
  const later = sessionHeaders(loggedIn);
  const removal = await call('PUT', path, { authData: { otp: null } }, later);
  expect(removal.body).toMatchObject({ error: expect.stringContaining('fresh_proof_required') });
  const refused = { code: 142, error: 'Choose another nickname.' };
  expect((await call('PUT', path, { nickname: 'admin' }, later)).body).toEqual(refused);
  const bob = { username: 'bob', password: 'correct horse' };
  expect((await call('POST', '/users', { ...bob, isBanned: true })).status).toBe(201);
  expect((await call('POST', '/login', bob)).body).toEqual({ code: 101, error: 'This account is closed.' });

  // The social login is the app's as before: its own adapter looks at the token.
  const google = await call('POST', '/users', { authData: { google: { id: '1', id_token: 'no token' } } });
  expect(google.body['code']).toBe(101);
  expect(google.body['error']).toMatch(/token/i);
});
