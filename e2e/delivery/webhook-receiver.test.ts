import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { webhookSecret } from '@parse-factors/test-server/webhook-endpoint';
import { freePort } from '@parse-factors/test-server/postgres';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { docsBlocks } from '../support/docs-page.js';
import type { Stage } from '../support/harness.js';
import { deliver, SECRET, settled, startWebhookStage, waiting } from '../support/webhook-stage.js';

/** The receiver that docs/run/webhooks.md shows, run as it stands. */

interface Message {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}
interface ReceiverPage {
  receiver(secret: string, store: (id: string, message: Message) => Promise<void>): Server;
}

const folder = mkdtempSync(join(tmpdir(), 'webhook-receiver-'));
const stored = new Map<string, Message>();
/** How often the store was called. */
let calls = 0;
let isBroken = false;
let url: string;
let server: Server;
let stage: Stage;

async function serve(secret: string): Promise<void> {
  const { text = '' } = docsBlocks('run/webhooks').find((block) => block.text.includes('export function receiver')) ?? {};
  const file = join(folder, 'receiver.ts');
  writeFileSync(file, text);
  const page = (await import(/* @vite-ignore */ file)) as ReceiverPage;
  server = page.receiver(secret, async (id, message) => {
    calls += 1;
    if (isBroken) throw new Error('disk full');
    stored.set(id, message);
  });
  await new Promise<void>((resolve) => server.listen(Number(new URL(url).port), '127.0.0.1', resolve));
}

beforeAll(async () => {
  url = `http://127.0.0.1:${await freePort()}/hooks`;
  await serve(SECRET);
  stage = await startWebhookStage({ url, secrets: [webhookSecret(), SECRET], events: ['enrolled'] });
});
afterAll(async () => {
  await stage.stop();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  stage.time.now = Date.now();
  stored.clear();
  [calls, isBroken] = [0, false];
});

async function enrol(): Promise<string> {
  const person = await stage.signUp();
  await stage.enrolTotp(person);
  await settled();
  return person.id;
}

it('the receiver of the page stores a message that is signed with two secrets, one of which it knows', async () => {
  const id = await enrol();
  expect([...stored.values()]).toMatchObject([{ type: 'factor.enrolled', data: { factor: 'totp', userId: id } }]);
  expect(await waiting(stage)).toBe(0);
});

it('the receiver of the page gets a message again if it could not store it', async () => {
  isBroken = true;
  await enrol();
  expect([stored.size, calls, await waiting(stage)]).toEqual([0, 1, 1]);
  isBroken = false;
  stage.time.now += 10_000;
  expect(await deliver(stage)).toBe(1);
  expect(stored.size).toBe(1);
});

it('the receiver of the page refuses what is forged, altered, old or too long', async () => {
  const body = '{"type":"factor.enrolled","timestamp":"2026-11-21T12:00:00.000Z","data":{}}';
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signatures = [webhookSecret(), SECRET].map((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`msg_1.${timestamp}.${body}`).digest('base64')}`;
  });
  const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
  const post = async (changed: Record<string, string>, text = body): Promise<number> =>
    (await fetch(url, { method: 'POST', headers: { ...headers, ...changed }, body: text })).status;
  expect(await post({})).toBe(204);
  expect(calls).toBe(1);
  const refused = [
    await post({ 'webhook-id': 'msg_other' }),
    await post({ 'webhook-timestamp': String(Number(timestamp) + 1) }),
    await post({ 'webhook-timestamp': 'NaN' }),
    await post({}, body.replace('enrolled', 'removed ')),
    await post({ 'webhook-signature': '' }),
    await post({ 'webhook-signature': 'v1,' }),
    await post({ 'webhook-signature': signatures.join(' ').replaceAll('v1,', 'v1a,') }),
    await post({ 'webhook-signature': String(signatures[0]) }), // by the secret that it does not know
  ];
  expect(new Set(refused)).toEqual(new Set([401]));
  expect(await post({}, 'x'.repeat(30_000))).toBe(500);
  expect(calls).toBe(1);
  stage.time.now = Date.now() - 6 * 60_000;
  await enrol();
  expect(calls).toBe(1); // the server's clock is six minutes late, as a replayed message is
});
