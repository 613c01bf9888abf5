/**
 * What every script begins with. `ARGV[1]` is the time in epoch milliseconds, or empty for that of the
 * server; `ARGV[2]` is how long a subject is kept that nothing happens to. One key per script, so that
 * a cluster can run it wherever that is.
 */
const PRELUDE = `
local key = KEYS[1]
local now = tonumber(ARGV[1])
if now == nil then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local retention = tonumber(ARGV[2])
local function text(number) return string.format('%.0f', number) end
local function read(...)
  local values = redis.call('HMGET', key, ...)
  for index = 1, #values do values[index] = tonumber(values[index] or '0') end
  return unpack(values)
end
local function keep(milliseconds)
  if redis.call('PTTL', key) < milliseconds then redis.call('PEXPIRE', key, text(milliseconds)) end
end
`;

/** `digest, expiresAt, cooldownMs, [limit, windowMs]…` → `{"issued"}`, or why not and until when. */
const ISSUE = `
local lockedUntil, sentAt = read('lockedUntil', 'sentAt')
if lockedUntil > now then return {'locked', text(lockedUntil)} end
local retryAt = 0
if sentAt > 0 and sentAt + tonumber(ARGV[5]) > now then retryAt = sentAt + tonumber(ARGV[5]) end
local change = {'digest', ARGV[3], 'expiresAt', ARGV[4], 'attempts', '0', 'sentAt', text(now)}
for index = 1, (#ARGV - 5) / 2 do
  local count, endsAt = read('count' .. index, 'endsAt' .. index)
  if endsAt <= now then count, endsAt = 0, now + tonumber(ARGV[5 + 2 * index]) end
  if count >= tonumber(ARGV[4 + 2 * index]) then retryAt = math.max(retryAt, endsAt) end
  for _, value in ipairs({'count' .. index, text(count + 1), 'endsAt' .. index, text(endsAt)}) do table.insert(change, value) end
end
if retryAt > 0 then return {'cooldown', text(retryAt)} end
redis.call('HSET', key, unpack(change))
keep(math.max(now, tonumber(ARGV[4])) + retention - now)
return {'issued'}
`;

/** Counts an attempt by `maxAttempts, maxFailures, lockMs, maxLockMs`; leaves `digest`, empty where none lives, and `locksUntil`. */
const COUNT_ATTEMPT = `
local lockedUntil, expiresAt, attempts, failures, locks = read('lockedUntil', 'expiresAt', 'attempts', 'failures', 'locks')
if lockedUntil > now then return {'locked', text(lockedUntil)} end
attempts, failures = attempts + 1, failures + 1
local locksUntil = ''
if failures >= tonumber(ARGV[4]) then
  lockedUntil = now + math.min(tonumber(ARGV[5]) * 2 ^ math.min(locks, 40), tonumber(ARGV[6]))
  locksUntil, locks, failures = text(lockedUntil), locks + 1, 0
end
redis.call('HSET', key, 'attempts', text(attempts), 'failures', text(failures), 'locks', text(locks), 'lockedUntil', text(lockedUntil))
keep(math.max(now, lockedUntil) + retention - now)
local digest = ''
if expiresAt > now and attempts <= tonumber(ARGV[3]) then digest = redis.call('HGET', key, 'digest') or '' end
`;

/** → `{"locked", until}` or `{"open", digest, mark, locksUntil}`. */
const ATTEMPT = `
${COUNT_ATTEMPT}
return {'open', digest, redis.call('HGET', key, 'mark') or '-1', locksUntil}
`;

const NO_CODE = `redis.call('HDEL', key, 'digest', 'expiresAt')`;
const NO_FAILURES = `redis.call('HDEL', key, 'attempts', 'failures', 'locks', 'lockedUntil')`;

/** `digest` → 1 for whoever spends it. */
const CONSUME = `
if redis.call('HGET', key, 'digest') ~= ARGV[3] or read('expiresAt') <= now then return 0 end
${NO_CODE}
${NO_FAILURES}
return 1
`;

/** The four limits, then digests → `{"locked", until}`, `{"spent"}`, or `{"wrong" | "absent", locksUntil}`. */
const REDEEM = `
${COUNT_ATTEMPT}
if digest == '' then return {'absent', locksUntil} end
for index = 7, #ARGV do
  if ARGV[index] == digest then
    ${NO_CODE}
    ${NO_FAILURES}
    return {'spent'}
  end
end
return {'wrong', locksUntil}
`;

/** `digest` → 1 where it was the live one. */
const REVOKE = `
if redis.call('HGET', key, 'digest') ~= ARGV[3] then return 0 end
${NO_CODE}
return 1
`;

/** `mark` → 1 for whoever moves it. */
const ADVANCE = `
if tonumber(ARGV[3]) <= tonumber(redis.call('HGET', key, 'mark') or '-1') then return 0 end
redis.call('HSET', key, 'mark', ARGV[3])
${NO_FAILURES}
keep(retention)
return 1
`;

/** `expiresAt` → 1 for the first. */
const CLAIM = `
if read('claimedUntil') > now then return 0 end
redis.call('HSET', key, 'claimedUntil', ARGV[3])
keep(math.max(1, tonumber(ARGV[3]) - now))
return 1
`;

/** `limit, windowMs` → 0 where it is allowed, or until when not. */
const COUNT = `
local count, endsAt = read('count1', 'endsAt1')
if endsAt <= now then count, endsAt = 0, now + tonumber(ARGV[4]) end
if count >= tonumber(ARGV[3]) then return text(endsAt) end
redis.call('HSET', key, 'count1', text(count + 1), 'endsAt1', text(endsAt))
keep(endsAt - now)
return '0'
`;

const UNCOUNT = `
local count, endsAt = read('count1', 'endsAt1')
if endsAt > now and count > 0 then redis.call('HSET', key, 'count1', text(count - 1)) end
return 1
`;

const PARDON = `
redis.call('HDEL', key, 'failures', 'locks', 'lockedUntil')
return 1
`;

const FORGET = `return redis.call('DEL', key)`;

/** What a script does: a verb of the store. */
export type Verb =
  'issue' | 'attempt' | 'redeem' | 'consume' | 'revoke' | 'advance' | 'claim' | 'count' | 'uncount' | 'pardon' | 'forget';

/** The scripts by verb, in Lua 5.1 as Redis runs it. */
export const SCRIPTS: Readonly<Record<Verb, string>> = {
  issue: PRELUDE + ISSUE,
  attempt: PRELUDE + ATTEMPT,
  redeem: PRELUDE + REDEEM,
  consume: PRELUDE + CONSUME,
  revoke: PRELUDE + REVOKE,
  advance: PRELUDE + ADVANCE,
  claim: PRELUDE + CLAIM,
  count: PRELUDE + COUNT,
  uncount: PRELUDE + UNCOUNT,
  pardon: PRELUDE + PARDON,
  forget: PRELUDE + FORGET,
};
