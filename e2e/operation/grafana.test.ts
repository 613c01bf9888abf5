// @slow
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Channel } from '@parse-factors/core/channel';
import type { OtpStore } from '@parse-factors/core/store';
import { meteredChannel, meteredStore } from '@parse-factors/metrics';
import { prometheus } from '@parse-factors/metrics/prometheus';
import { hasPrometheus, Prometheus } from '@parse-factors/test-server/prometheus';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { slug, startStage, type Stage } from '../support/harness.js';
import { MINUTE } from '../support/time.js';

/** Every panel of the Grafana dashboard, asked of a real Prometheus that reads the metrics of a real server. */

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const file = fileURLToPath(new URL('../../docs/public/grafana.json', import.meta.url));
const { panels } = JSON.parse(readFileSync(file, 'utf8')) as { readonly panels: readonly Panel[] };
const targets = panels.flatMap(({ title, targets: list }) => list.map((target) => [title, target] as const));

describe.skipIf(!hasPrometheus())('the Grafana dashboard', () => {
  const server = new Prometheus();
  const metrics = prometheus({ factors: ['otp', 'email', 'totp', 'emailLogin', 'phoneLogin'] });
  const page = createServer((_request, response) => {
    void metrics.text().then((text) => response.setHeader('Content-Type', metrics.contentType).end(text));
  });
  let stage: Stage;
  let isStoreDown = false;
  /** It cannot reach other countries. */
  const toFrance: Channel = {
    name: 'france',
    send: (delivery) => (delivery.to.startsWith('+33') ? stage.sms.send(delivery) : Promise.reject(new Error('too far'))),
  };

  beforeAll(async () => {
    stage = await startStage({
      sms: { channel: meteredChannel(toFrance, metrics) },
      compose: {
        onEvent: metrics.onEvent,
        store: ({ inDatabase }) => meteredStore(isStoreDown ? broken(inDatabase()) : inDatabase(), metrics),
      },
    });
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
    await server.start(`127.0.0.1:${(page.address() as AddressInfo).port}`);
    // A rate needs a number of before. So everything happens once, is read, and happens again.
    await everything();
    await vi.waitUntil(async () => (await server.query('parse_factors_store_faults_total > 0')).length > 0, { timeout: 10_000 });
    await everything();
  }, 60_000);

  afterAll(async () => {
    await server.remove();
    page.close();
    await stage.stop();
  });

  /** A sign-in, refused answers, a lock, messages that arrive and fail, a fault of the store, and a count of users. */
  async function everything(): Promise<void> {
    const person = await stage.signUp();
    await stage.enrolPhone(person, `+336123490${String(phones).padStart(2, '0')}`);
    phones += 1;
    const secret = await stage.enrolTotp(person);
    stage.time.now += MINUTE;
    const far = await stage.challenge({ challengeData: { otp: { phone: '+12025550123' } } }, person.session);
    expect(slug(far)).toBe('delivery_failed');
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
    isStoreDown = true;
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).body['error']).toMatch(/^unavailable/);
    isStoreDown = false;
    for (let guess = 0; guess < 10; guess += 1) await stage.logIn(person, { totp: '000000' });
    metrics.setEnrolled(await stage.factors.countEnrolled());
  }
  let phones = 10;

  it.each(targets)(
    'has data in the panel "%s", with the labels that its legend shows',
    async (_title, { expr, legendFormat }) => {
      const query = expr.replaceAll('$__rate_interval', '1m');
      const counted = async (): Promise<number> => (await server.query(query)).filter(({ value }) => value > 0).length;
      await expect.poll(counted, { timeout: 10_000 }).toBeGreaterThan(0);
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      expect(shown.length).toBeGreaterThan(0);
      for (const { labels } of await server.query(query)) expect(new Set(Object.keys(labels))).toEqual(new Set(shown));
    },
  );

  it('tells shares of one, and names no user', async () => {
    const [enrolled = ''] = targets.filter(([title]) => title === 'Users with a factor').map(([, { expr }]) => expr);
    const [totp] = (await server.query(enrolled)).filter(({ labels }) => labels['factor'] === 'totp');
    expect(totp?.value).toBe(1);
    await expect(server.query('sum by (')).rejects.toThrow('parse error');
  });
});

const broken = (store: OtpStore): OtpStore =>
  Object.assign(Object.create(store) as OtpStore, { advance: async (): Promise<never> => Promise.reject(new Error('down')) });
