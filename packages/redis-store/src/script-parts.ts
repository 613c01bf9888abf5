import { CLOCK_TOLERANCE_MS, LONGEST_AHEAD_MS } from '@parse-factors/core/store';

/**
 * What is kept under a key: twelve numbers as big-endian doubles, then the live code's digest, so that one command
 * reads it and another writes it. `deadAt` is when the key dies.
 */
const FIELDS = 'expiresAt, attempts, failures, locks, lockedUntil, sentAt, mark, deadAt, count1, endsAt1, count2, endsAt2';
const FORMAT = `'>${'d'.repeat(12)}'`;

/** Stands where a script takes the time. */
export const NOW = '-- now';
export const SERVER_TIME = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;
export const GIVEN_TIME = `local now = tonumber(table.remove(ARGV, 1))`;

/** Reads the row, if there is one; `ahead` is what the package core calls `isAhead`. */
export const LOAD: string = `
${NOW}
local function ahead(time, most) return time > now and time <= now + most + ${CLOCK_TOLERANCE_MS} end
local ${FIELDS} = 0, 0, 0, 0, 0, -math.huge, -1, 0, 0, 0, 0, 0
local digest = ''
local row = redis.call('GET', KEYS[1])
if row then
  ${FIELDS} = struct.unpack(${FORMAT}, row)
  digest = string.sub(row, 97)
end
`;

/** Writes the row, which lives as long as before. */
export const KEEP: string = `redis.call('SET', KEYS[1], struct.pack(${FORMAT}, ${FIELDS}) .. digest, 'KEEPTTL')`;

/** Writes the row, until it is dead. */
export const SAVE: string = `
redis.call('SET', KEYS[1], struct.pack(${FORMAT}, ${FIELDS}) .. digest, 'PX', math.max(1, math.ceil(deadAt - now)))
`;

/**
 * Writes the row of a subject, which is kept until `needed` at least. It is given an hour more, so that its time to
 * live, which costs as much to write as the row, is not written again with every verb. Longer than two days more is
 * what a clock that ran ahead has asked for; such a time to live would run out however much happens.
 */
export const SAVE_SUBJECT: string = `
if needed > deadAt or deadAt > needed + ${2 * LONGEST_AHEAD_MS} then
  deadAt = needed + 3600000
  ${SAVE}
else
  ${KEEP}
end
`;

export const NO_CODE = `digest, expiresAt = '', 0`;
export const NO_FAILURES = `attempts, failures, locks, lockedUntil = 0, 0, 0, 0`;
/** Whether the live code can still be answered. */
export const IS_LIVE: string = `ahead(expiresAt, ${LONGEST_AHEAD_MS})`;
export const IS_LOCKED: string = `ahead(lockedUntil, ${LONGEST_AHEAD_MS})`;
export const text = (number: string): string => `string.format('%.0f', ${number})`;

/** Opens a quota's window anew where it has lapsed, and counts in it. */
export const countIn = (window: 1 | 2, limit: number, windowMs: number): string => `
if ARGV[${limit}] then
  if not ahead(endsAt${window}, ARGV[${windowMs}]) then count${window}, endsAt${window} = 0, now + ARGV[${windowMs}] end
  if count${window} >= tonumber(ARGV[${limit}]) then retryAt = math.max(retryAt, endsAt${window}) end
  count${window} = count${window} + 1
end
`;
