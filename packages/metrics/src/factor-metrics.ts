import type { EnrolledUsers, FactorEvent } from '@parse-factors/core';
import { listOption, type OptionRule, patternOption } from '@parse-factors/core/factor';
import {
  countryLabel,
  factorLabel,
  firstValues,
  outcomeLabel,
  purposeLabel,
  STORE_VERBS,
  type StoreVerb,
  typeLabel,
} from './label-values.js';
import { type Backend, METRICS, type MetricKey, type Recorder } from './metric.js';

/** What became of a message that was given to a channel. */
export type SendOutcome = 'accepted' | 'failed' | 'unreachable';

/** Metrics of factors, in a metrics library. */
export interface FactorMetrics {
  /** Counts an event. Pass it to the option `onEvent` of `composeFactors`, or call it from your own listener. */
  readonly onEvent: (event: FactorEvent) => void;
  /** Records one step of a store; `meteredStore` calls it. */
  readonly recordVerb: (verb: StoreVerb, seconds: number, isFault: boolean) => void;
  /** Records one message of a channel; `meteredChannel` calls it. */
  readonly recordSend: (channel: string, seconds: number, outcome: SendOutcome) => void;
  /** Sets the numbers of users. Pass what `factors.countEnrolled()` resolves to; undefined changes nothing. */
  readonly setEnrolled: (counted: EnrolledUsers | undefined) => void;
}

/** Options of metrics. */
export interface MetricsOptions {
  /**
   * The keys of your factors in `composeFactors`, 50 at most. The label `factor` has these values, `none` for events that
   * concern no factor, and `other` for any other key.
   */
  readonly factors: readonly string[];
}

/** The rules of {@link MetricsOptions}. */
export const METRICS_RULES: { readonly [Name in keyof MetricsOptions]: OptionRule } = {
  factors: listOption(patternOption(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'the key of a factor'), 50),
};

/** Most names of channels that are told apart. */
const MAX_CHANNELS = 20;
/** Reasons of a message that a working channel does not send, such as to a mistyped address. */
const UNREACHABLE: readonly unknown[] = ['address_refused', 'RecipientUnreachable'];
/** Types of events with an alert. It would miss the first increment of a counter that has not been there before. */
const ALERTS = ['fault', 'misconfigured', 'country_closed', 'webhook_failed', 'test_code_used'];

type Recorders = Readonly<Record<MetricKey, Recorder>>;

/** Makes the metrics in a library. */
export function metricsIn(backend: Backend, { factors }: MetricsOptions): FactorMetrics {
  const record = Object.fromEntries(Object.entries(METRICS).map(([key, metric]) => [key, backend(metric)])) as Recorders;
  const nameFactor = factorLabel(factors);
  const nameChannel = firstValues(MAX_CHANNELS);
  for (const type of ALERTS) for (const factor of [...factors, 'none']) record.events(0, { type, factor });
  for (const verb of STORE_VERBS) record.storeFaults(0, { verb });
  return Object.freeze({
    onEvent: (event) => countEvent(record, event, nameFactor(event.factor)),
    recordVerb: (verb, seconds, isFault) => {
      record.verbs(seconds, { verb });
      if (isFault) record.storeFaults(1, { verb });
    },
    recordSend: (channel, seconds, outcome) => record.sends(seconds, { channel: nameChannel(channel), outcome }),
    setEnrolled: (counted) => {
      if (counted === undefined) return;
      record.users(counted.users, {});
      for (const factor of factors) record.enrolled(counted.byFactor[factor] ?? 0, { factor });
    },
  } satisfies FactorMetrics);
}

function countEvent(record: Recorders, event: FactorEvent, factor: string): void {
  const { type, country } = event;
  const purpose = purposeLabel(event.purpose);
  const countMessage = (outcome: string): void => record.messages(1, { factor, country: countryLabel(country), outcome });
  record.events(1, { type: typeLabel(type), factor });
  if (type === 'challenged') record.challenges(1, { factor, purpose });
  if (type === 'locked') record.locks(1, { factor, purpose });
  if (type === 'verified') record.attempts(1, { factor, purpose, outcome: 'verified' });
  if (type === 'rejected') record.attempts(1, { factor, purpose, outcome: outcomeLabel(event.reason) });
  if (type === 'delivered' || type === 'notified') countMessage('delivered');
  if (type === 'delivery_failed') countMessage(UNREACHABLE.includes(event.reason) ? 'unreachable' : 'failed');
  if (type === 'verified' && country !== undefined) countMessage('verified');
}
