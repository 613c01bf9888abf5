import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateKey, outbox, type Outbox } from '@parse-factors/core';
import { totpAt } from '@parse-factors/totp';
import { ScureBase32Plugin } from 'otplib';
import type { Browser } from 'playwright-core';
import { inject } from 'vitest';
import { launchChromium } from '../../../tools/chromium.js';
import { createDatabase } from '../../../tools/parse-server.js';
import { freePort } from '../../../tools/postgres.js';
import { startServer, type RunningServer } from '../src/server.js';
import { Visitor, type Device } from './ui-visitor.js';

const PICTURES = fileURLToPath(new URL('../screenshots', import.meta.url));
const MASTER_KEY = 'the master key of the test';

/** The example as `npm start` serves it, a browser, and a clock that both go by. */
export interface UiStage {
  readonly url: string;
  readonly masterKey: string;
  readonly sms: Outbox;
  readonly mail: Outbox;
  /** Opens a browser of its own, with nothing stored. */
  visit(device: Device): Promise<Visitor>;
  /** The code in the last message. */
  lastCode(box: Outbox): string;
  /** What an authenticator app shows for a secret. */
  totp(secret: string): string;
  /** Lets time pass, on the server and in every open browser. */
  pass(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the example on an empty database, and Chromium. */
export async function startUi(environment: { readonly enforced?: boolean } = {}): Promise<UiStage> {
  const time = { now: Date.now() };
  const clock = (): number => time.now;
  const [sms, mail] = [outbox({ name: 'sms', clock }), outbox({ name: 'email', clock })];
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const settings = {
    port,
    host: '127.0.0.1',
    masterKey: MASTER_KEY,
    isMasterKeyNew: false,
    factorKeys: generateKey('test'),
    postgresPassword: '',
    databaseUri: undefined,
    redisUrl: undefined,
    dataFolder: '',
    rpId: 'localhost',
    origins: [url],
    isEnforced: environment.enforced === true,
  };
  const uri = await createDatabase(inject('postgres'));
  const server: RunningServer = await startServer(settings, { sms, email: mail, outboxes: [sms, mail] }, uri, { clock });
  const browser: Browser = await launchChromium();
  const visitors: Visitor[] = [];
  mkdirSync(PICTURES, { recursive: true });
  return {
    url,
    masterKey: MASTER_KEY,
    sms,
    mail,
    async visit(device) {
      const visitor = await Visitor.arrive(browser, { url, device, now: time.now, pictures: join(PICTURES, device.name) });
      visitors.push(visitor);
      return visitor;
    },
    lastCode: (box) => /\d{6}/.exec(box.messages.at(-1)?.text ?? '')?.[0] ?? '',
    totp(secret) {
      const parameters = { secret: new ScureBase32Plugin().decode(secret), algorithm: 'SHA1', digits: 6, stepSeconds: 30 } as const;
      return totpAt(parameters, Math.floor(time.now / 30_000));
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
