import { FactorError } from '../error/factor-error.js';
import { asObject } from '../validation/json-object.js';
import type { OtpStore } from './otp-store.js';

const checked = new WeakMap<OtpStore, OtpStore>();

/**
 * The store, with every answer looked at before anything is decided on it. A store of an application's own may answer
 * something that is merely truthy, such as a count or a row, where the contract has `true`: that is a fault, and closes.
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

/** An object whose flag is `true` with these fields, or `false` with those. */
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

/** What each verb answers. */
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
};

function wrap(store: OtpStore): OtpStore {
  const verbs = Object.entries(ANSWERS).flatMap(([verb, isSound]) => {
    const work: unknown = Reflect.get(store, verb);
    if (typeof work !== 'function') return []; // one that a store may lack
    const call = async (...given: readonly unknown[]): Promise<unknown> => {
      const answer: unknown = await Reflect.apply(work, store, given);
      if (isSound(answer)) return answer;
      throw new FactorError('unavailable', { cause: Object.assign(new Error(verb), { code: 'unsound_answer' }) });
    };
    return [[verb, call] as const];
  });
  return Object.fromEntries(verbs) as unknown as OtpStore;
}
