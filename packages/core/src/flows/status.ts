import type { Reply } from '../factor/context.js';
import type { Factor } from '../factor/factor.js';

/** The status of a factor that is set up, without details. */
export const STATUS_ENABLED: Reply = Object.freeze({ status: 'enabled' });

/** The status of a factor whose enrolment was never confirmed. */
export const STATUS_DISABLED: Reply = Object.freeze({ status: 'disabled' });

/**
 * Formats a time for clients, in ISO 8601.
 *
 * @param time epoch milliseconds
 */
export const toIso = (time: number): string => new Date(time).toISOString();

/** The ways by which a factor sends codes, for clients: `ways` as a JSON list; nothing if clients cannot choose. */
export const shownWays = ({ ways }: Pick<Factor<object>, 'ways'>): Reply =>
  ways === undefined ? {} : { ways: JSON.stringify(ways) };

/** What a client sees of a factor. */
export const describe = <Enrolment extends object>(factor: Factor<Enrolment>, enrolment: Enrolment): Reply => ({
  ...STATUS_ENABLED,
  ...factor.describe(enrolment),
  ...shownWays(factor),
});
