import type { Reply } from '../factor/context.js';

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
