/** What a metric counts or measures. */
export interface Metric {
  readonly kind: 'counter' | 'histogram' | 'gauge';
  /** The name in OpenTelemetry, without the prefix. */
  readonly name: string;
  /** The name in Prometheus: with the suffixes that it recommends, and that OpenTelemetry's exporters add. */
  readonly prometheus: string;
  /** `s` for seconds; left out for numbers of things. */
  readonly unit?: 's';
  readonly help: string;
  readonly labels: readonly string[];
}

/** The metrics by what the code calls them. */
export type MetricKey =
  'attempts' | 'challenges' | 'messages' | 'locks' | 'events' | 'sends' | 'verbs' | 'storeFaults' | 'users' | 'enrolled';

/**
 * Every metric. Each label has a closed set of values, so the number of time series is bounded whatever clients send.
 */
export const METRICS: Readonly<Record<MetricKey, Metric>> = {
  attempts: {
    kind: 'counter',
    name: 'attempts',
    prometheus: 'parse_factors_attempts_total',
    help: 'Answers to factors, by what became of them: verified, or why they were refused.',
    labels: ['factor', 'purpose', 'outcome'],
  },
  challenges: {
    kind: 'counter',
    name: 'challenges',
    prometheus: 'parse_factors_challenges_total',
    help: 'Codes and challenges that were made.',
    labels: ['factor', 'purpose'],
  },
  messages: {
    kind: 'counter',
    name: 'messages',
    prometheus: 'parse_factors_messages_total',
    help: 'Codes and notices: delivered to a provider, failed, unreachable, or their code verified. Conversion is verified by delivered.',
    labels: ['factor', 'country', 'outcome'],
  },
  locks: {
    kind: 'counter',
    name: 'locks',
    prometheus: 'parse_factors_locks_total',
    help: 'Locks after too many wrong answers.',
    labels: ['factor', 'purpose'],
  },
  events: {
    kind: 'counter',
    name: 'events',
    prometheus: 'parse_factors_events_total',
    help: 'All events, by type.',
    labels: ['type', 'factor'],
  },
  sends: {
    kind: 'histogram',
    name: 'channel.duration',
    prometheus: 'parse_factors_channel_duration_seconds',
    unit: 's',
    help: 'How long a metered channel took for one message, until it was accepted or not.',
    labels: ['channel', 'outcome'],
  },
  verbs: {
    kind: 'histogram',
    name: 'store.duration',
    prometheus: 'parse_factors_store_duration_seconds',
    unit: 's',
    help: 'How long one step of a metered store took.',
    labels: ['verb'],
  },
  storeFaults: {
    kind: 'counter',
    name: 'store.faults',
    prometheus: 'parse_factors_store_faults_total',
    help: 'Steps of a metered store that failed.',
    labels: ['verb'],
  },
  users: {
    kind: 'gauge',
    name: 'users',
    prometheus: 'parse_factors_users',
    help: 'Users of the application, when they were last counted.',
    labels: [],
  },
  enrolled: {
    kind: 'gauge',
    name: 'enrolled_users',
    prometheus: 'parse_factors_enrolled_users',
    help: 'Users who have set up the factor, estimated from a sample when they were last counted.',
    labels: ['factor'],
  },
};

/** The upper bounds of the buckets of histograms, in seconds. */
export const BUCKETS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Label values of one sample. */
export type Labels = Readonly<Record<string, string>>;

/** Records one sample of a metric. */
export type Recorder = (value: number, labels: Labels) => void;

/** Makes a metric in a metrics library. */
export type Backend = (metric: Metric) => Recorder;
