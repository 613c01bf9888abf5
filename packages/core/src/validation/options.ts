import { FactorConfigError } from '../error/config-error.js';

/** What one option accepts. */
export interface OptionRule {
  /** Completes the sentence "must be …" in the error. */
  readonly accepts: string;
  /** Tells whether the value is accepted. */
  readonly isValid: (value: unknown) => boolean;
  /** Returns what exactly is wrong with a refused value, for the end of the sentence; undefined if there is nothing to add. */
  readonly hint?: (value: unknown) => string | undefined;
}

/** Accepts whole numbers from `min` to `max`, both included. */
export const integerOption = (min: number, max: number): OptionRule => ({
  accepts: `a whole number from ${min} to ${max}`,
  isValid: (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
});

/** Accepts a non-empty string of at most `max` characters, without control characters. */
export const textOption = (max: number): OptionRule => ({
  accepts: `a string of 1 to ${max} characters`,
  isValid: (value) => typeof value === 'string' && value.trim() !== '' && value.length <= max && !/\p{Cc}/u.test(value),
});

/**
 * Accepts strings that match a pattern.
 *
 * @param pattern must be anchored at both ends
 * @param accepts completes the sentence "must be …"
 */
export const patternOption = (pattern: RegExp, accepts: string): OptionRule => ({
  accepts,
  isValid: (value) => typeof value === 'string' && pattern.test(value),
});

/** Accepts a list of at most `most` entries that `entry` accepts. */
export const listOption = (entry: OptionRule, most: number): OptionRule => ({
  accepts: `a list of at most ${most}, each ${entry.accepts}`,
  isValid: (value) => Array.isArray(value) && value.length <= most && value.every((item) => entry.isValid(item)),
});

/** Accepts one of the given values. */
export const choiceOption = (...choices: readonly (string | number | boolean)[]): OptionRule => ({
  accepts: `one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`,
  isValid: (value) => choices.some((choice) => choice === value),
});

/** Tells whether a function can only be called with `new`. */
export const isClass = (value: unknown): boolean =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));

/** Accepts a function that is not a class. */
export const functionOption: OptionRule = {
  accepts: 'a function',
  isValid: (value) => typeof value === 'function' && !isClass(value),
};

/** Accepts an absolute URL of one of the given protocols, such as `https:`. */
export const urlOption = (...protocols: readonly string[]): OptionRule => ({
  accepts: `a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  isValid: (value) => typeof value === 'string' && URL.canParse(value) && isSoundUrl(new URL(value), protocols),
});

function isSoundUrl({ protocol, hostname, username, password }: URL, protocols: readonly string[]): boolean {
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return protocols.includes(protocol) && hostname !== '';
}

/** As a URL writes its host: an IPv4 address always has four numbers. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a URL's host is this machine. */
export const isLoopback = ({ hostname }: Pick<URL, 'hostname'>): boolean => LOOPBACK.test(hostname);

/** A base URL to which a path is appended. Codes and credentials leave this machine only encrypted. */
export const baseUrlOption: OptionRule = {
  accepts: 'a URL that begins with https://, or with http:// for this machine, without user, query and fragment',
  isValid: (value) => {
    if (!urlOption('https:', 'http:').isValid(value)) return false;
    const url = new URL(String(value));
    return (url.protocol === 'https:' || isLoopback(url)) && url.username + url.password + url.search + url.hash === '';
  },
};

/** Accepts what the rule accepts, and `undefined`. */
export const optional = (rule: OptionRule): OptionRule => ({
  ...rule,
  accepts: `${rule.accepts}, or left out`,
  isValid: (value) => value === undefined || rule.isValid(value),
});

/**
 * Refuses options of earlier versions, and names what replaces them.
 *
 * @param owner the class or function that has these options; the message begins with it
 * @param removed by name, the rest of the sentence after `option "<name>"`
 * @throws FactorConfigError
 */
export function refuseRemovedOptions(owner: string, options: unknown, removed: Readonly<Record<string, string>>): void {
  const name = Object.keys(removed).find((candidate) => isPlainObject(options) && Object.hasOwn(options, candidate));
  if (name !== undefined) throw new FactorConfigError(`${owner}: option "${name}" ${removed[name]}`);
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Fills in defaults for options that are `undefined`, refuses unknown names and checks each value.
 *
 * @param owner the class or function that has these options; the message begins with it
 * @returns a frozen copy; the input is not changed
 * @throws FactorConfigError naming the option and what it accepts
 */
export function resolveOptions<Options extends object>(
  owner: string,
  options: unknown,
  rules: { readonly [Name in keyof Required<Options>]: OptionRule },
  defaults: Partial<Options> = {},
): Readonly<Options> {
  if (!isPlainObject(options)) throw new FactorConfigError(`${owner}: the options must be an object`);
  const resolved: Record<string, unknown> = { ...defaults };
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(rules, name)) {
      throw new FactorConfigError(`${owner}: unknown option "${name}"; the known options are ${Object.keys(rules).join(', ')}`);
    }
    if (value !== undefined) resolved[name] = value;
  }
  for (const [name, rule] of Object.entries<OptionRule>(rules)) {
    if (!rule.isValid(resolved[name])) {
      const hint = rule.hint?.(resolved[name]);
      throw new FactorConfigError(`${owner}: option "${name}" must be ${rule.accepts}${hint === undefined ? '' : `; ${hint}`}`);
    }
  }
  return Object.freeze(resolved) as Readonly<Options>;
}
