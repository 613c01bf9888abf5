import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { outbox } from '@parse-factors/core';
import { prometheus } from '@parse-factors/metrics/prometheus';
import { expect, it } from 'vitest';
import { composeExample } from '../src/factors.js';
import { chooseMetrics, serveMetrics } from '../src/server/metrics.js';
import { testSettings } from './test-settings.js';

/** Asks `/metrics`, and whatever else, with these headers. */
async function get(metricsToken: string | undefined, path: string, headers: Record<string, string> = {}) {
  const serve = serveMetrics(chooseMetrics(testSettings({ metricsToken })), testSettings({ metricsToken }));
  const server = createServer((request, response) => serve(request, response, () => response.writeHead(404).end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const reply = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { headers });
    return { status: reply.status, type: reply.headers.get('content-type'), text: await reply.text() };
  } finally {
    server.close();
  }
}

it('shows its metrics only to callers who send the token', async () => {
  const sound = await get('secret', '/metrics', { Authorization: 'Bearer secret' });
  expect(sound).toMatchObject({ status: 200, type: expect.stringContaining('version=0.0.4') });
  expect(sound.text).toContain('parse_factors_events_total{type="fault",factor="totp"} 0');
  for (const headers of [{}, { Authorization: 'Bearer ' }, { Authorization: 'Bearer secreT' }, { Authorization: 'secret' }])
    expect(await get('secret', '/metrics', headers as Record<string, string>)).toMatchObject({ status: 401, text: '' });
  expect((await get('secret', '/metrics/x', { Authorization: 'Bearer secret' })).status).toBe(404);
  expect((await get(undefined, '/metrics', { Authorization: 'Bearer ' })).status).toBe(404);
});

it('tells all of its factors apart', async () => {
  const box = outbox({ name: 'both' });
  const settings = testSettings({ metricsToken: 'secret' });
  const metrics = chooseMetrics(settings) ?? prometheus({ factors: [] });
  const { auth } = composeExample(settings, { sms: box, email: box, outboxes: [box] }, { metrics });
  const text = await metrics.text();
  for (const key of Object.keys(auth)) expect(text).toContain(`parse_factors_events_total{type="fault",factor="${key}"} 0`);
});
