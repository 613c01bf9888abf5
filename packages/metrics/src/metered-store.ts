import { FactorError } from '@parse-factors/core';
import type { OtpStore } from '@parse-factors/core/store';
import type { FactorMetrics } from './factor-metrics.js';
import { STORE_VERBS, type StoreVerb } from './label-values.js';
import { measured, type Measurement, type StopwatchOptions } from './stopwatch.js';
import { withMethods } from './with-methods.js';

type AnyVerb = (...given: readonly unknown[]) => Promise<unknown>;

/**
 * Measures each step of a store: how long it takes, and whether it fails. The store does the same as before, also if
 * the metrics throw.
 *
 * @param store the store; for the default store, see the example
 * @param metrics of `prometheus` or `openTelemetry`
 * @example
 * ```ts
 * import { composeFactors, type AnyFactor } from '@parse-factors/core';
 * import { meteredStore } from '@parse-factors/metrics';
 * import { prometheus } from '@parse-factors/metrics/prometheus';
 *
 * const metrics = prometheus({ factors: ['totp'] });
 * export const withMetrics = (keys: string, totp: AnyFactor) =>
 *   composeFactors({
 *     keys,
 *     factors: { totp },
 *     onEvent: metrics.onEvent,
 *     store: ({ inDatabase }) => meteredStore(inDatabase(), metrics),
 *   });
 * ```
 */
export function meteredStore<Store extends OtpStore>(
  store: Store,
  { recordVerb }: Pick<FactorMetrics, 'recordVerb'>,
  options: StopwatchOptions = {},
): Store {
  // Made when it is called for: each request has a store of its own, and calls few of its verbs.
  return withMethods(store, (name): AnyVerb | undefined => {
    const work: unknown = isVerb(name) ? store[name] : undefined;
    if (!isVerb(name) || typeof work !== 'function') return undefined; // optional, and left out
    const record: Measurement['record'] = (seconds, failed) =>
      recordVerb(name, seconds, failed !== undefined && isFaulty(failed.fault));
    return (...given) => measured({ options, record }, () => Reflect.apply(work as AnyVerb, store, given));
  });
}

const VERBS: ReadonlySet<PropertyKey> = new Set(STORE_VERBS);
const isVerb = (name: PropertyKey): name is StoreVerb => VERBS.has(name);

// Inside a transaction the store refuses to work: that is the client's fault.
const isFaulty = (fault: unknown): boolean => !(fault instanceof FactorError) || fault.code === 'unavailable';
