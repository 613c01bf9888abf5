import { FactorError } from '../error/factor-error.js';
import { asObject } from '../validation/json-object.js';
import type { OtpStore } from './otp-store.js';

const checked = new WeakMap<OtpStore, OtpStore>();

/**
 * Wraps a store and checks the type of every result before any decision uses it. A custom store may return a merely
 * truthy value, such as a count or a row, where the contract requires `true`. Such a result throws `unavailable`
 * (fail closed, CWE-636).
 */
export function checkedStore(store: OtpStore): OtpStore {
  const known = checked.get(store) ?? wrap(store);
  checked.set(store, known);
  return known;
}

type Check = (answer: unknown) => boolean;

const isBoolean: Check = (answer) => typeof answer === 'boolean';
const isNothing: Check = () => true;
const isNumber: Check = (answer) => typeof answer === 'number' && Number.isFinite(answer);
const isText: Check = (answer) => typeof answer === 'string';

const orNothing =
  (check: Check): Check =>
  (answer) =>
    answer === undefined || check(answer);

/** Accepts an object whose flag is `true` with the first fields, or `false` with the second ones. */
const either =
  (flag: string, whenTrue: Readonly<Record<string, Check>>, whenFalse: Readonly<Record<string, Check>>): Check =>
  (answer) => {
    const fields = asObject(answer) ?? {};
    if (typeof fields[flag] !== 'boolean') return false;
    return Object.entries(fields[flag] ? whenTrue : whenFalse).every(([name, check]) => check(fields[name]));
  };

const LOCKED = { retryAt: isNumber };
const REFUSED = { reason: (reason: unknown) => reason === 'cooldown' || reason === 'locked', retryAt: isNumber };
const OUTCOMES: readonly unknown[] = ['spent', 'wrong', 'absent'];

/** The result that each verb must return. */
const ANSWERS: { readonly [Verb in keyof Required<OtpStore>]: Check } = {
  issue: either('issued', {}, REFUSED),
  attempt: either('locked', LOCKED, { digest: orNothing(isText), mark: isNumber, locksUntil: orNothing(isNumber) }),
  guess: orNothing(isText),
  consume: isBoolean,
  redeem: either('locked', LOCKED, { outcome: (outcome) => OUTCOMES.includes(outcome), locksUntil: orNothing(isNumber) }),
  revoke: isNothing,
  advance: isBoolean,
  claim: isBoolean,
  count: either('allowed', {}, LOCKED),
  uncount: isNothing,
  pardon: isNothing,
  forget: isNothing,
  prune: isNumber,
  time: isNumber,
};

function wrap(store: OtpStore): OtpStore {
  const verbs = Object.entries(ANSWERS).flatMap(([verb, isSound]) => {
    const work: unknown = Reflect.get(store, verb);
    if (typeof work !== 'function') return []; // An optional verb.
    const call = async (...args: readonly unknown[]): Promise<unknown> => {
      const answer: unknown = await Reflect.apply(work, store, args);
      if (isSound(answer)) return answer;
      throw new FactorError('unavailable', { cause: Object.assign(new Error(verb), { code: 'unsound_answer' }) });
    };
    return [[verb, call] as const];
  });
  return Object.fromEntries(verbs) as unknown as OtpStore;
}
