import { asObject } from '../validation/json-object.js';
import { integerOption, type OptionRule } from '../validation/options.js';
import { DAY_MS } from '../time/durations.js';

/** Options of the event log. */
export interface EventLogOptions {
  /** How many days an event is kept, 1 to 3650. The job `pruneFactors`, or `prune`, deletes older ones. */
  readonly keepDays: number;
}

const KEEP_DAYS = integerOption(1, 3650);

/** The rule for the option `eventLog`. */
export const eventLogOption: OptionRule = {
  accepts: `true, false, or { keepDays } with ${KEEP_DAYS.accepts}`,
  isValid: (value) => {
    const { keepDays, ...unknown } = asObject(value) ?? {};
    return typeof value === 'boolean' || (KEEP_DAYS.isValid(keepDays) && Object.keys(unknown).length === 0);
  },
};

/** Returns how long logged events are kept, in milliseconds; undefined for good. */
export const keepEventsMs = (eventLog: boolean | EventLogOptions): number | undefined =>
  typeof eventLog === 'object' ? eventLog.keepDays * DAY_MS : undefined;
