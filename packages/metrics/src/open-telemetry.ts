import { FactorConfigError } from '@parse-factors/core';
import { resolveOptions } from '@parse-factors/core/factor';
import { type FactorMetrics, METRICS_RULES, metricsIn, type MetricsOptions } from './factor-metrics.js';
export type { MetricsOptions } from './factor-metrics.js';
import { BUCKETS, type Labels, type Metric, type Recorder } from './metric.js';

/** Options of an instrument. */
interface InstrumentOptions {
  description?: string;
  unit?: string;
  advice?: { explicitBucketBoundaries?: number[] };
}

/** The part of OpenTelemetry's `Meter` that is used here: `@opentelemetry/api` 1.9 or newer. */
export interface MeterLike {
  createCounter(name: string, options?: InstrumentOptions): { add(value: number, attributes?: Labels): void };
  createHistogram(name: string, options?: InstrumentOptions): { record(value: number, attributes?: Labels): void };
  createGauge(name: string, options?: InstrumentOptions): { record(value: number, attributes?: Labels): void };
}

const METHODS = ['createCounter', 'createHistogram', 'createGauge'] as const;

/**
 * Counts events with OpenTelemetry.
 *
 * @param meter a meter of your own SDK, such as `metrics.getMeter('parse-factors')` of `@opentelemetry/api`
 * @throws FactorConfigError naming the option and what it accepts; for something that is no meter
 * @example
 * ```ts
 * import { composeFactors, type AnyFactor } from '@parse-factors/core';
 * import { openTelemetry, type MeterLike } from '@parse-factors/metrics/open-telemetry';
 *
 * export const compose = (keys: string, totp: AnyFactor, meter: MeterLike) =>
 *   composeFactors({ keys, factors: { totp }, onEvent: openTelemetry(meter, { factors: ['totp'] }).onEvent });
 * ```
 */
export function openTelemetry(meter: MeterLike, options: MetricsOptions): FactorMetrics {
  const resolved = resolveOptions<MetricsOptions>('openTelemetry', options, METRICS_RULES);
  if (METHODS.some((method) => typeof (meter as Partial<MeterLike> | undefined)?.[method] !== 'function'))
    throw new FactorConfigError('openTelemetry: the first argument must be a Meter of @opentelemetry/api 1.9 or newer');
  return metricsIn((metric) => recorderIn(meter, metric), resolved);
}

function recorderIn(meter: MeterLike, { kind, name, unit, help }: Metric): Recorder {
  const fullName = `parse_factors.${name}`;
  const described: InstrumentOptions = { description: help, ...(unit !== undefined && { unit }) };
  if (kind === 'counter') {
    const counter = meter.createCounter(fullName, described);
    return (value, labels) => counter.add(value, labels);
  }
  if (kind === 'histogram') {
    const histogram = meter.createHistogram(fullName, { ...described, advice: { explicitBucketBoundaries: [...BUCKETS] } });
    return (value, labels) => histogram.record(value, labels);
  }
  const gauge = meter.createGauge(fullName, described);
  return (value, labels) => gauge.record(value, labels);
}
