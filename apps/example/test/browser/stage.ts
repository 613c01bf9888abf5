import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outbox, type Outbox } from '@parse-factors/core';
import type { Browser } from 'playwright-core';
import { inject } from 'vitest';
import { authenticatorCode } from '@parse-factors/e2e/authenticator-code';
import { launchChromium } from '@parse-factors/test-server/chromium';
import { createDatabase } from '@parse-factors/test-server/database/test-database';
import { freePort } from '@parse-factors/test-server/postgres';
import { startServer, type RunningServer } from '../../src/server/server.js';
import type { Settings } from '../../src/settings.js';
import { testSettings } from '../test-settings.js';
import { Visitor, type Device } from './visitor.js';

const PICTURES = fileURLToPath(new URL('../../screenshots', import.meta.url));

/** The example as `npm start` serves it, a browser, and a clock that both go by. */
export interface UiStage {
  readonly url: string;
  readonly masterKey: string;
  readonly sms: Outbox;
  /** What calls have read out. */
  readonly voice: Outbox;
  readonly mail: Outbox;
  /** Opens a browser of its own, with nothing stored. */
  visit(device: Device): Promise<Visitor>;
  /** The code in the last message that has one; notices have none. */
  lastCode(box: Outbox): string;
  /** Lets every message of a channel fail, until the returned function is called. */
  breakDown(box: Outbox): () => void;
  /** What an authenticator app shows for a secret. */
  totp(secret: string): string;
  /** Ends all sessions of a user, as from elsewhere. */
  endSessions(username: string): Promise<void>;
  /** Lets time pass, on the server and in every open browser. */
  pass(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** How the example is started. */
export interface UiOptions extends Partial<Pick<Settings, 'isEnforced' | 'asksForWork'>> {
  /** More options of Parse Server. */
  readonly options?: object;
}

/** Starts the example on an empty database, and Chromium. */
export async function startUi({ isEnforced = false, asksForWork = false, options = {} }: UiOptions = {}): Promise<UiStage> {
  const time = { now: Date.now() };
  const clock = (): number => time.now;
  const box = (name: string): Outbox => outbox({ name, clock });
  const [sms, voice, mail] = [box('sms'), box('voice'), box('email')];
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const settings = testSettings({ port, isEnforced, asksForWork });
  const uri = await createDatabase(inject('database'));
  const server: RunningServer = await startServer(settings, { sms, voice, email: mail, outboxes: [sms, voice, mail] }, uri, {
    clock,
    options: { silent: true, ...options },
  });
  const browser: Browser = await launchChromium();
  const visitors: Visitor[] = [];
  const asOperator = async (
    method: string,
    path: string,
  ): Promise<{ readonly results: readonly { readonly objectId: string }[] }> => {
    const headers = { 'X-Parse-Application-Id': 'example', 'X-Parse-Master-Key': settings.masterKey };
    const response = await fetch(`${url}/parse${path}`, { method, headers });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
    return (await response.json()) as { results: { objectId: string }[] };
  };
  mkdirSync(PICTURES, { recursive: true });
  return {
    url,
    masterKey: settings.masterKey,
    sms,
    voice,
    mail,
    async visit(device) {
      const visitor = await Visitor.arrive(browser, { url, device, now: time.now, pictures: join(PICTURES, device.name) });
      visitors.push(visitor);
      return visitor;
    },
    lastCode: (box) => box.messages.flatMap(({ text }) => /\d{6}/.exec(text)?.[0] ?? []).at(-1) ?? '',
    breakDown(failing) {
      const { send } = failing;
      const fail = async (): Promise<void> => {
        throw new Error('the provider is down');
      };
      Object.assign(failing, { send: fail });
      return () => void Object.assign(failing, { send });
    },
    totp: (secret) => authenticatorCode(secret, time.now),
    async endSessions(username) {
      const where = { user: { $inQuery: { className: '_User', where: { username } } } };
      const { results } = await asOperator('GET', `/sessions?where=${encodeURIComponent(JSON.stringify(where))}`);
      for (const { objectId } of results) await asOperator('DELETE', `/sessions/${objectId}`);
    },
    async pass(ms) {
      time.now += ms;
      await Promise.all(visitors.map((visitor) => visitor.pass(ms)));
    },
    async stop() {
      await browser.close();
      await server.stop();
    },
  };
}
