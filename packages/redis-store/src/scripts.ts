import { createHash } from 'node:crypto';
import { type ArgumentName, argumentsBy, COLUMNS, EMPTY_ROW, type RowOf, type Verb, VerbRules } from '@parse-factors/core/store';
import { LUA, type LuaKinds } from './lua-language.js';

/** A script of a verb, and the SHA-1 digest that Redis knows it by. */
export interface Script {
  readonly text: string;
  readonly sha1: string;
  /** The arguments in their order. `digests` is the last, and any number of texts. */
  readonly takes: readonly ArgumentName[];
}

const RULES = new VerbRules(LUA);

/**
 * The layout of a row: big-endian doubles, then the live code's digest. One command can then read it and one can write it.
 * `keyExpiresAt` is when the key itself expires.
 */
const NUMBERS = COLUMNS.filter((column) => column !== 'digest');
const FIELDS = [...NUMBERS, 'keyExpiresAt'].join(', ');
const FORMAT = `'>${'d'.repeat(NUMBERS.length + 1)}'`;
const BYTES = (NUMBERS.length + 1) * 8;

/** The row is the locals of its columns. */
const ROW = Object.fromEntries(COLUMNS.map((column) => [column, column])) as unknown as RowOf<LuaKinds>;

const SERVER_TIME = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

const LOAD = `
local ${FIELDS} = ${[...NUMBERS.map((column) => EMPTY_ROW[column]), 0].join(', ')}
local digest = ''
local row = redis.call('GET', KEYS[1])
if row then
  ${FIELDS} = struct.unpack(${FORMAT}, row)
  digest = string.sub(row, ${BYTES + 1})
end`;

/**
 * Writes the row. The time to live costs as much as the row, so a subject gets one more hour at a time: it is not written again
 * with each verb. A time that is hours too long comes from a clock that ran ahead, and is corrected.
 */
const save = (spareMs: number): string => `
local packed = struct.pack(${FORMAT}, ${FIELDS}) .. digest
if deadAt > keyExpiresAt or keyExpiresAt > deadAt + ${2 * spareMs} then
  keyExpiresAt = deadAt + ${spareMs}
  packed = struct.pack(${FORMAT}, ${FIELDS}) .. digest
  redis.call('SET', KEYS[1], packed, 'PX', math.max(1, math.ceil(keyExpiresAt - now)))
else
  redis.call('SET', KEYS[1], packed, 'KEEPTTL')
end`;

const HOUR_MS = 3_600_000;
/** Verbs on rows that are made once and used for a while. Their keys expire with them. */
const BRIEF: readonly Verb[] = ['claim', 'count', 'uncount'];
/** Verbs whose results depend on the row. The others have only done it. */
const TELLING: readonly Verb[] = ['attempt', 'redeem', 'guess', 'consume'];

const IS_AMONG = `
local function isAmongArguments(text, first)
  for index = first, #ARGV do
    if ARGV[index] == text then return true end
  end
  return false
end`;

/** The local of an argument. Columns have some of the same names. */
const localOf = (name: ArgumentName): string => (name === 'now' ? 'now' : `given_${name}`);

/** How an argument comes to a script, as text. */
const read = (name: ArgumentName, position: number): string => {
  if (name === 'digests') return `local ${localOf(name)} = ${position}`;
  return `local ${localOf(name)} = ${name === 'digest' ? `ARGV[${position}]` : `tonumber(ARGV[${position}])`}`;
};

/** Arguments of the rules that a script calculates, because they depend on Redis's time. */
const CALCULATED: readonly ArgumentName[] = ['now', 'cooledSince'];

/**
 * Builds the script of a verb, in Lua 5.1 for Redis. It uses one key, so that a cluster can run it. It replies with `none`
 * if it has changed nothing and has no answer; with a reason and until when if it refuses; otherwise with the row.
 *
 * @param takesTime whether the first argument is the time in epoch milliseconds; otherwise the server's clock is used
 */
export function scriptOf(verb: Verb, takesTime: boolean): Script {
  const asked = new Set<ArgumentName>();
  const given = argumentsBy<LuaKinds>((name) => {
    asked.add(name);
    return localOf(name);
  });
  const { creates, unless, refusals = [], changes } = RULES[verb](ROW, given);
  const names = [...asked].filter((name) => !CALCULATED.includes(name) && name !== 'digests');
  const takes: ArgumentName[] = [
    ...(takesTime ? (['now'] as const) : []),
    ...names,
    ...(asked.has('digests') ? (['digests'] as const) : []),
  ];
  const end = TELLING.includes(verb)
    ? `return string.format('%.0f %.0f %.0f %.0f ', codeExpiresAt, attempts, mark, lockedUntil) .. digest`
    : `return 'done'`;
  const written = changes.map(({ when, set }, index) => {
    const columns = Object.entries<string>(set);
    const assignment = `${columns.map(([column]) => column).join(', ')} = ${columns.map(([, value]) => value).join(', ')}`;
    if (when === undefined) return index === 0 ? assignment : `else\n  ${assignment}\nend`;
    return `${index === 0 ? 'if' : 'elseif'} ${when} then\n  ${assignment}`;
  });
  const lines = [
    takesTime ? '' : SERVER_TIME,
    ...takes.map((name, index) => read(name, index + 1)),
    asked.has('cooledSince')
      ? `local given_cooledSince = given_cooldownMs > 0 and now - given_cooldownMs or ${Number.MAX_SAFE_INTEGER}`
      : '',
    asked.has('digests') ? IS_AMONG : '',
    LOAD,
    creates ? '' : `if not row then return 'none' end`,
    unless === undefined ? '' : `if ${unless} then return 'none' end`,
    ...refusals.map(({ when, reason, until }) => `if ${when} then return '${reason} ' .. string.format('%.0f', ${until}) end`),
    ...written,
    save(BRIEF.includes(verb) ? 0 : HOUR_MS),
    end,
  ];
  const text = lines.filter((line) => line !== '').join('\n');
  return { text, sha1: sha1Of(text), takes };
}

/** The digest that Redis knows a script by. */
const sha1Of = (text: string): string => createHash('sha1').update(text).digest('hex');

/** A script without arguments. */
export type PlainScript = Pick<Script, 'text' | 'sha1'>;

const plainScript = (text: string): PlainScript => ({ text, sha1: sha1Of(text) });

/** Deletes a row. */
export const REMOVE: PlainScript = plainScript(`return redis.call('DEL', KEYS[1])`);

/** Returns the time of the server. It is a script, because the store's client has no other command. */
export const TIME: PlainScript = plainScript(`${SERVER_TIME}
return string.format('%.0f', now)`);
