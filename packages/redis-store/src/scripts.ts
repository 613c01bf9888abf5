import { createHash } from 'node:crypto';
import { LONGEST_AHEAD_MS, RETENTION_MS } from '@parse-factors/core/store';
import {
  countIn,
  GIVEN_TIME,
  IS_LIVE,
  IS_LOCKED,
  KEEP,
  LOAD,
  NO_CODE,
  NO_FAILURES,
  NOW,
  SAVE,
  SAVE_SUBJECT,
  SERVER_TIME,
  text,
} from './script-parts.js';

/** `digest, expiresAt, cooldownMs, [limit, windowMs]…` → `issued`, or the reason for refusing and until when. */
const ISSUE = `
${LOAD}
if ${IS_LOCKED} then return 'locked ' .. ${text('lockedUntil')} end
local retryAt = 0
if tonumber(ARGV[3]) > 0 and ahead(sentAt + ARGV[3], ARGV[3]) then retryAt = sentAt + ARGV[3] end
${countIn(1, 4, 5)}
${countIn(2, 6, 7)}
if retryAt > 0 then return 'cooldown ' .. ${text('retryAt')} end
digest, expiresAt, attempts, sentAt, lockedUntil = ARGV[1], tonumber(ARGV[2]), 0, now, 0
local needed = math.max(now, expiresAt) + ${RETENTION_MS}
${SAVE_SUBJECT}
return 'issued'
`;

/** Counts an attempt by `maxAttempts, maxFailures, lockMs, maxLockMs`. `live` is the digest if a code can be guessed at. */
const COUNT_ATTEMPT = `
${LOAD}
if ${IS_LOCKED} then return 'locked ' .. ${text('lockedUntil')} end
attempts, failures, lockedUntil = attempts + 1, failures + 1, 0
if not ${IS_LIVE} then ${NO_CODE} end
local locksUntil = '0'
if failures >= tonumber(ARGV[2]) then
  lockedUntil = now + math.min(ARGV[3] * 2 ^ math.min(locks, 30), tonumber(ARGV[4]))
  locksUntil, locks, failures = ${text('lockedUntil')}, locks + 1, 0
end
local needed = math.max(now, lockedUntil, expiresAt) + ${RETENTION_MS}
local live = ''
if attempts <= tonumber(ARGV[1]) then live = digest end
`;

/** → `locked <until>` or `open <locksUntil> <mark> <digest>`. The digest is empty if there is no code to guess at. */
const ATTEMPT = `
${COUNT_ATTEMPT}
${SAVE_SUBJECT}
return 'open ' .. locksUntil .. ' ' .. ${text('mark')} .. ' ' .. live
`;

/** The four limits, then digests → `locked <until>` or `spent|wrong|absent <locksUntil>`. */
const REDEEM = `
${COUNT_ATTEMPT}
local outcome = 'absent'
if live ~= '' then
  outcome = 'wrong'
  for index = 5, #ARGV do
    if ARGV[index] == live then
      outcome, locksUntil = 'spent', '0'
      ${NO_CODE}
      ${NO_FAILURES}
    end
  end
end
${SAVE_SUBJECT}
return outcome .. ' ' .. locksUntil
`;

/** `maxAttempts` → the digest, or an empty text if there is no code to guess at. */
const GUESS = `
${LOAD}
if digest == '' then return '' end
if not ${IS_LIVE} then
  ${NO_CODE}
  ${KEEP}
  return ''
end
if attempts >= tonumber(ARGV[1]) then return '' end
attempts = attempts + 1
${KEEP}
return digest
`;

/** `digest` → 1 for the one caller that consumes it. */
const CONSUME = `
${LOAD}
if digest == '' or digest ~= ARGV[1] then return 0 end
if not ${IS_LIVE} then
  ${NO_CODE}
  ${KEEP}
  return 0
end
${NO_CODE}
${NO_FAILURES}
${KEEP}
return 1
`;

/** `digest` → 1 if it was the live one. */
const REVOKE = `
${LOAD}
if digest == '' or digest ~= ARGV[1] then return 0 end
${NO_CODE}
${KEEP}
return 1
`;

/** `mark` → 1 for the one caller that moves it forward. */
const ADVANCE = `
${LOAD}
if tonumber(ARGV[1]) <= mark then return 0 end
mark = tonumber(ARGV[1])
${NO_FAILURES}
local needed = now + ${RETENTION_MS}
${SAVE_SUBJECT}
return 1
`;

/** `expiresAt` → 1 for the first caller. */
const CLAIM = `
${LOAD}
if ahead(deadAt, math.max(ARGV[1] - now, ${LONGEST_AHEAD_MS})) then return 0 end
deadAt = tonumber(ARGV[1])
${SAVE}
return 1
`;

/** `limit, windowMs` → `allowed`, or `full <until>`. */
const COUNT = `
${LOAD}
local retryAt = 0
${countIn(1, 1, 2)}
if retryAt > 0 then return 'full ' .. ${text('retryAt')} end
deadAt = endsAt1
${SAVE}
return 'allowed'
`;

const UNCOUNT = `
${LOAD}
if endsAt1 <= now or count1 == 0 then return 0 end
count1 = count1 - 1
${KEEP}
return 1
`;

const PARDON = `
${LOAD}
if not row then return 0 end
failures, locks, lockedUntil = 0, 0, 0
${KEEP}
return 1
`;

const FORGET = `return redis.call('DEL', KEYS[1])`;

/** A verb of the store. */
export type Verb =
  | 'issue'
  | 'attempt'
  | 'guess'
  | 'redeem'
  | 'consume'
  | 'revoke'
  | 'advance'
  | 'claim'
  | 'count'
  | 'uncount'
  | 'pardon'
  | 'forget';

const TEMPLATES: Readonly<Record<Verb, string>> = {
  issue: ISSUE,
  attempt: ATTEMPT,
  guess: GUESS,
  redeem: REDEEM,
  consume: CONSUME,
  revoke: REVOKE,
  advance: ADVANCE,
  claim: CLAIM,
  count: COUNT,
  uncount: UNCOUNT,
  pardon: PARDON,
  forget: FORGET,
};

/** A script, and the SHA-1 digest that Redis knows it by. */
export interface Script {
  readonly text: string;
  readonly sha1: string;
}

/**
 * Returns the scripts by verb, in Lua 5.1 for Redis. Each uses one key, so that a cluster can run it.
 * @param takesTime whether the first argument is the time in epoch milliseconds; otherwise the server's clock is used
 */
export const scripts = (takesTime: boolean): Readonly<Record<Verb, Script>> => {
  const made = Object.entries(TEMPLATES).map(([verb, template]) => {
    const text = template.replace(NOW, takesTime ? GIVEN_TIME : SERVER_TIME);
    return [verb, { text, sha1: createHash('sha1').update(text).digest('hex') }];
  });
  return Object.fromEntries(made) as Readonly<Record<Verb, Script>>;
};
