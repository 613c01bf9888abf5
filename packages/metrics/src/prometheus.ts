import { FactorConfigError } from '@parse-factors/core';
import { optional, resolveOptions } from '@parse-factors/core/factor';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type FactorMetrics, METRICS_RULES, metricsIn, type MetricsOptions } from './factor-metrics.js';
import { BUCKETS, type Metric, type Recorder } from './metric.js';

/** Options of {@link prometheus}. */
export interface PrometheusOptions extends MetricsOptions {
  /** The registry that gets the metrics, such as prom-client's own `register`; a new one by default. */
  readonly registry?: Registry;
}

/** Metrics that Prometheus reads. */
export interface PrometheusMetrics extends FactorMetrics {
  /** The registry of the metrics. */
  readonly registry: Registry;
  /** The value of the header `Content-Type` for {@link text}. */
  readonly contentType: string;
  /** Returns all metrics of the registry in Prometheus' text format 0.0.4. */
  readonly text: () => Promise<string>;
}

/**
 * Counts events for Prometheus, with `prom-client`. Serve {@link PrometheusMetrics.text} under a path that only Prometheus
 * reaches.
 *
 * @throws FactorConfigError naming the option and what it accepts; if the registry has metrics of these names already
 * @example
 * ```ts
 * import { composeFactors, type AnyFactor } from '@parse-factors/core';
 * import { prometheus } from '@parse-factors/metrics/prometheus';
 *
 * export const metrics = prometheus({ factors: ['totp'] });
 * export const compose = (keys: string, totp: AnyFactor) =>
 *   composeFactors({ keys, factors: { totp }, onEvent: metrics.onEvent });
 * ```
 */
export function prometheus(options: PrometheusOptions): PrometheusMetrics {
  const { factors, registry = new Registry() } = resolveOptions<PrometheusOptions>('prometheus', options, RULES);
  const registers = [registry];
  return Object.freeze({
    ...metricsIn((metric) => recorderIn(registers, metric), { factors }),
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
  });
}

const RULES = {
  ...METRICS_RULES,
  registry: optional({ accepts: 'a Registry of prom-client', isValid: (value) => value instanceof Registry }),
};

function recorderIn(registers: Registry[], metric: Metric): Recorder {
  const { kind, prometheus: name, help, labels } = metric;
  if (registers.some((registry) => registry.getSingleMetric(name) !== undefined))
    throw new FactorConfigError(`prometheus: the registry already has "${name}"; call prometheus once for a registry`);
  const common = { name, help, registers, labelNames: [...labels] };
  if (kind === 'counter') {
    const counter = new Counter(common);
    return (value, given) => counter.inc({ ...given }, value);
  }
  if (kind === 'histogram') {
    const histogram = new Histogram({ ...common, buckets: [...BUCKETS] });
    return (value, given) => histogram.observe({ ...given }, value);
  }
  const gauge = new Gauge(common);
  gauge.remove({}); // it would be 0 until it is set, and on servers that never set it
  return (value, given) => gauge.set({ ...given }, value);
}
