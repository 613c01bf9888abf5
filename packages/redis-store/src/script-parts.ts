import { CLOCK_TOLERANCE_MS, LONGEST_AHEAD_MS } from '@parse-factors/core/store';

/**
 * The layout of a row: twelve numbers as big-endian doubles, then the live code's digest. One command can then read it and one
 * can write it. `deadAt` is when the key expires.
 */
const FIELDS = 'expiresAt, attempts, failures, locks, lockedUntil, sentAt, mark, deadAt, count1, endsAt1, count2, endsAt2';
const FORMAT = `'>${'d'.repeat(12)}'`;

/** A placeholder for the time in a script. */
export const NOW = '-- now';
export const SERVER_TIME = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;
export const GIVEN_TIME = `local now = tonumber(table.remove(ARGV, 1))`;

/** Reads the row, if there is one. `ahead` is `isAhead` of the core package. */
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

/** Writes the row and keeps its time to live. */
export const KEEP: string = `redis.call('SET', KEYS[1], struct.pack(${FORMAT}, ${FIELDS}) .. digest, 'KEEPTTL')`;

/** Writes the row with a time to live until `deadAt`. */
export const SAVE: string = `
redis.call('SET', KEYS[1], struct.pack(${FORMAT}, ${FIELDS}) .. digest, 'PX', math.max(1, math.ceil(deadAt - now)))
`;

/**
 * Writes a subject's row, which is kept at least until `needed`. One extra hour saves writing the time to live with every verb,
 * which costs as much as the row. An excess of more than two days comes from a clock that ran ahead. It is corrected, because
 * such a row would never be extended.
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

/** Starts a new window if a quota's window has ended, and counts in it. */
export const countIn = (window: 1 | 2, limit: number, windowMs: number): string => `
if ARGV[${limit}] then
  if not ahead(endsAt${window}, ARGV[${windowMs}]) then count${window}, endsAt${window} = 0, now + ARGV[${windowMs}] end
  if count${window} >= tonumber(ARGV[${limit}]) then retryAt = math.max(retryAt, endsAt${window}) end
  count${window} = count${window} + 1
end
`;
