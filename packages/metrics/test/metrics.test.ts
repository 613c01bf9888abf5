import { spawnSync } from 'node:child_process';
import { FACTOR_ERRORS, FactorConfigError, type FactorEvent, type FactorEventType } from '@parse-factors/core';
import { PURPOSES } from '@parse-factors/core/factor';
import type { Meter } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Counter, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { METRICS } from '../src/metric.js';
import { openTelemetry } from '../src/open-telemetry.js';
import { prometheus } from '../src/prometheus.js';
import { hasPromtool } from './promtool.js';

const FACTORS = ['otp', 'totp'];
const eventOf = (type: FactorEventType, more: Partial<FactorEvent> = {}): FactorEvent => ({
  type,
  factor: 'otp',
  userId: 'u1',
  purpose: 'sign-in',
  ip: '192.0.2.1',
  at: 1,
  ...more,
});

/** One event of each kind that is counted, and the users. */
const EVENTS: readonly FactorEvent[] = [
  eventOf('challenged'),
  eventOf('delivered', { country: 'FR' }),
  eventOf('delivery_failed', { country: 'US', reason: 'ECONNRESET' }),
  eventOf('delivery_failed', { country: 'US', reason: 'address_refused' }),
  eventOf('delivery_failed', { country: 'US', reason: 'RecipientUnreachable' }),
  eventOf('notified', { purpose: undefined, reason: 'removed' }),
  eventOf('verified', { country: 'FR' }),
  eventOf('verified', { factor: 'totp' }),
  eventOf('rejected', { factor: 'totp', reason: 'step_used' }),
  eventOf('rejected', { reason: 'a reason of a factor of the application' }),
  eventOf('locked', { purpose: 'fresh-proof', retryAt: 5 }),
  eventOf('fault', { factor: '', purpose: undefined, reason: 'ECONNREFUSED' }),
];
const ENROLLED = { users: 40, sample: 20, byFactor: { otp: 10, totp: 4, removed: 9 } };

it('numbers of users are missing until they were counted, which most servers never do', async () => {
  const metrics = prometheus({ factors: FACTORS });
  metrics.setEnrolled(undefined);
  expect(await metrics.text()).not.toMatch(/^parse_factors_(?:users|enrolled_users)\b/m);
});

it('prometheus counts attempts, messages, locks and faults, and shows how many users have a factor', async () => {
  const metrics = prometheus({ factors: FACTORS });
  for (const event of EVENTS) metrics.onEvent(event);
  metrics.recordVerb('attempt', 0.003, false);
  metrics.recordVerb('attempt', 0.2, true);
  metrics.recordSend('twilio', 0.4, 'accepted');
  metrics.setEnrolled(ENROLLED);
  metrics.setEnrolled(undefined);
  const text = await metrics.text();
  for (const line of [
    'parse_factors_challenges_total{factor="otp",purpose="sign-in"} 1',
    'parse_factors_messages_total{factor="otp",country="FR",outcome="delivered"} 1',
    'parse_factors_messages_total{factor="otp",country="FR",outcome="verified"} 1',
    'parse_factors_messages_total{factor="otp",country="US",outcome="failed"} 1',
    'parse_factors_messages_total{factor="otp",country="US",outcome="unreachable"} 2',
    'parse_factors_messages_total{factor="otp",country="none",outcome="delivered"} 1',
    'parse_factors_attempts_total{factor="otp",purpose="sign-in",outcome="verified"} 1',
    'parse_factors_attempts_total{factor="totp",purpose="sign-in",outcome="step_used"} 1',
    'parse_factors_attempts_total{factor="otp",purpose="sign-in",outcome="other"} 1',
    'parse_factors_locks_total{factor="otp",purpose="fresh-proof"} 1',
    'parse_factors_events_total{type="fault",factor="none"} 1',
    'parse_factors_events_total{type="fault",factor="totp"} 0',
    'parse_factors_events_total{type="misconfigured",factor="none"} 0',
    'parse_factors_store_duration_seconds_bucket{le="0.005",verb="attempt"} 1',
    'parse_factors_store_duration_seconds_count{verb="attempt"} 2',
    'parse_factors_store_faults_total{verb="attempt"} 1',
    'parse_factors_store_faults_total{verb="redeem"} 0',
    'parse_factors_channel_duration_seconds_count{channel="twilio",outcome="accepted"} 1',
    'parse_factors_users 40',
    'parse_factors_enrolled_users{factor="otp"} 10',
    'parse_factors_enrolled_users{factor="totp"} 4',
  ])
    expect(text).toContain(`${line}\n`);
  expect(text).not.toMatch(/u1|192\.0\.2\.1|ECONN|removed|a reason/);
  expect(metrics.contentType).toContain('version=0.0.4');
});

it.skipIf(!hasPromtool)(
  'promtool finds nothing to complain of in the metrics (skipped where it is missing: apt-get install prometheus)',
  async () => {
    const metrics = prometheus({ factors: FACTORS });
    for (const event of EVENTS) metrics.onEvent(event);
    metrics.recordVerb('attempt', 0.003, true);
    metrics.recordSend('twilio', 0.4, 'accepted');
    metrics.setEnrolled(ENROLLED);
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: await metrics.text(), encoding: 'utf8' });
    expect([checked.status, checked.stdout, checked.stderr]).toEqual([0, '', '']);
    const wrong = spawnSync('promtool', ['check', 'metrics'], { input: '# TYPE a counter\na 1\n', encoding: 'utf8' });
    expect(wrong.status).not.toBe(0);
  },
);

it('whatever events hold, the number of time series is bounded', async () => {
  const metrics = prometheus({ factors: FACTORS });
  const types = ['delivered', 'delivery_failed', 'verified', 'rejected', 'locked', 'challenged', 'made up'] as FactorEventType[];
  const seriesAfter = async (from: number): Promise<number> => {
    for (let index = from; index < from + 3000; index += 1) {
      const more = { factor: `f${index}`, country: `C${index}`, reason: `r${index}`, purpose: `p${index}` as never };
      for (const type of types) metrics.onEvent(eventOf(type, more));
      metrics.recordSend(`channel${index}`, 1, 'failed');
    }
    return (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  };
  const first = await seriesAfter(0);
  expect(await seriesAfter(3000)).toBe(first);
  expect(await metrics.text()).not.toMatch(/"(f|C|r|p)\d+"/);
});

it('every purpose, error and ISO country has its own label, and others share one', async () => {
  const metrics = prometheus({ factors: FACTORS });
  const outcomes = [...Object.keys(FACTOR_ERRORS), 'step_used', 'code_replaced', 'counter_went_back'];
  for (const purpose of PURPOSES) for (const reason of outcomes) metrics.onEvent(eventOf('rejected', { purpose, reason }));
  const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
  for (const country of ['DE', 'US', 'AX', 'ZZ', 'XK', 'AC', 'EU', 'UK']) metrics.onEvent(eventOf('delivered', { country }));
  const text = await metrics.text();
  for (const purpose of PURPOSES)
    for (const outcome of outcomes) expect(text).toContain(`{factor="otp",purpose="${purpose}",outcome="${outcome}"} 1`);
  for (const country of ['DE', 'US', 'AX', 'ZZ']) expect(text).toContain(`country="${country}",outcome="delivered"} 1`);
  expect(text).toContain('country="other",outcome="delivered"} 4');
  expect(names.of('DE')).toBe('Germany');
});

it('prometheus shares the registry of the application, and is called once for it', async () => {
  const registry = new Registry();
  new Counter({ name: 'own_total', help: 'Own.', registers: [registry] }).inc();
  const metrics = prometheus({ factors: FACTORS, registry });
  expect(await metrics.text()).toContain('own_total 1');
  expect(() => prometheus({ factors: FACTORS, registry })).toThrow(FactorConfigError);
  expect(() => prometheus({ factors: FACTORS })).not.toThrow();
});

it.each([undefined, {}, { factors: 'otp' }, { factors: ['a b'] }, { factors: Array(51).fill('otp') }, { factors: [], x: 1 }])(
  'the options %j are refused',
  (options) => {
    expect(() => prometheus(options as never)).toThrow(FactorConfigError);
    expect(() => openTelemetry(new MeterProvider().getMeter('x'), options as never)).toThrow(FactorConfigError);
  },
);

it.each([undefined, null, {}, { createCounter: () => undefined }])('openTelemetry refuses %j, which is no meter', (meter) => {
  expect(() => openTelemetry(meter as never, { factors: FACTORS })).toThrow('the first argument must be a Meter');
});

it('openTelemetry has the same metrics, with the names and units that exporters turn into those of Prometheus', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
  });
  const meter: Meter = provider.getMeter('parse-factors'); // the type of the API fits
  const metrics = openTelemetry(meter, { factors: FACTORS });
  for (const event of EVENTS) metrics.onEvent(event);
  metrics.recordVerb('attempt', 0.003, true);
  metrics.recordSend('twilio', 0.4, 'accepted');
  metrics.setEnrolled(ENROLLED);
  await provider.forceFlush();
  const found = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  const exported = found.map(({ descriptor: { name, unit }, dataPointType }) => {
    const seconds = unit === 's' ? '_seconds' : '';
    return `${name.replaceAll('.', '_')}${seconds}${dataPointType === DataPointType.SUM ? '_total' : ''}`;
  });
  expect(exported.toSorted()).toEqual(
    Object.values(METRICS)
      .map(({ prometheus: name }) => name)
      .toSorted(),
  );
  const pointsOf = (name: string): unknown[] =>
    found.filter(({ descriptor }) => descriptor.name === name).flatMap(({ dataPoints }): unknown[] => dataPoints);
  expect(pointsOf('parse_factors.attempts')).toContainEqual(
    expect.objectContaining({ attributes: { factor: 'totp', purpose: 'sign-in', outcome: 'step_used' }, value: 1 }),
  );
  expect(pointsOf('parse_factors.enrolled_users')).toContainEqual(
    expect.objectContaining({ attributes: { factor: 'otp' }, value: 10 }),
  );
  expect(pointsOf('parse_factors.store.duration')).toMatchObject([
    { attributes: { verb: 'attempt' }, value: { count: 1, sum: 0.003 } },
  ]);
  await provider.shutdown();
});
