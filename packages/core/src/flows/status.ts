import type { Reply } from '../factor/context.js';

/** What is shown of a factor that is set up, whatever it keeps. */
export const STATUS_ENABLED: Reply = Object.freeze({ status: 'enabled' });

/** What is shown of a factor that nobody has confirmed. */
export const STATUS_DISABLED: Reply = Object.freeze({ status: 'disabled' });

/** A time as clients read it. */
export const toIso = (time: number): string => new Date(time).toISOString();
