export type { FactorMetrics, MetricsOptions, SendOutcome } from './factor-metrics.js';
export type { StoreVerb } from './label-values.js';
export { meteredChannel } from './metered-channel.js';
export { meteredStore } from './metered-store.js';
export type { StopwatchOptions } from './stopwatch.js';
