import { FactorConfigError } from '../../../packages/core/src/index.js';
import type { OptionOwner } from './option-owners.js';

/** What an owner does with one option. */
export interface ProbedOption {
  /** Ends the sentence "must be …" in the error for a wrong value. */
  readonly accepts: string;
  /** Undefined where there is none, or it was given. */
  readonly fallback: unknown;
}

/** Nothing accepts it. */
const WRONG = Symbol('wrong');

/** What the owner says to options that it does not take. */
function complaintOf({ make, given }: OptionOwner, options: object): string {
  try {
    make?.({ ...given, ...options } as never);
    return '';
  } catch (error) {
    if (error instanceof FactorConfigError) return error.message;
    throw error;
  }
}

/** The options with their defaults: `resolveOptions` freezes them, and no other object has these names. */
function resolvedBy({ make, given }: OptionOwner, names: readonly string[]): Readonly<Record<string, unknown>> {
  const frozen: object[] = [];
  const { freeze } = Object;
  Object.freeze = (value: object) => {
    frozen.push(value);
    return freeze(value);
  };
  try {
    make?.({ ...given } as never);
  } finally {
    Object.freeze = freeze;
  }
  const own = frozen.filter(
    (value) =>
      Object.keys(value).every((name) => names.includes(name)) &&
      Object.keys(given ?? {}).every((name) => Object.hasOwn(value, name)),
  );
  return Object.fromEntries(own.flatMap((value) => Object.entries(value)));
}

/** The options that an owner takes when it runs, found out by giving it wrong ones; undefined where it checks none. */
export function probeOptions(owner: OptionOwner): ReadonlyMap<string, ProbedOption> | undefined {
  if (owner.make === undefined) return undefined;
  const [, list = ''] = /the known options are (.*)$/.exec(complaintOf(owner, { '?': true })) ?? [];
  const names = list.split(', ');
  const resolved = resolvedBy(owner, names);
  return new Map(
    names.map((name) => {
      const [, asked = '', accepts = ''] = /option "(\w+)" must be (.*)$/.exec(complaintOf(owner, { [name]: WRONG })) ?? [];
      if (asked !== name) throw new Error(`${owner.name}: nothing was said to a wrong ${name}`);
      const isGiven = Object.hasOwn(owner.given ?? {}, name);
      return [name, { accepts: accepts.replace(/, or left out$/, ''), fallback: isGiven ? undefined : resolved[name] }];
    }),
  );
}
