import {
  baseUrlOption,
  integerOption,
  listOption,
  optional,
  type OptionRule,
  patternOption,
  resolveOptions,
} from '@parse-factors/core/factor';

/** Options of every channel that sends its own HTTP requests. */
export interface ProviderOptions {
  /**
   * The base URL of the provider's API, for a proxy or a test; the provider's own by default. `http://` is accepted only for
   * this machine.
   */
  readonly baseUrl?: string;
  /** Timeout of one request in milliseconds, 50 to 60,000; 30,000 by default. */
  readonly timeoutMs?: number;
}

/** Options with their defaults filled in. */
type Resolved<Options extends ProviderOptions, Defaulted extends keyof Options = never> = Options &
  Required<Pick<Options, 'timeoutMs' | Defaulted>>;

export const PROVIDER_RULES: { readonly [Name in keyof ProviderOptions]-?: OptionRule } = {
  baseUrl: optional(baseUrlOption),
  timeoutMs: integerOption(50, 60_000),
};

export const PROVIDER_DEFAULTS: { readonly timeoutMs: number } = { timeoutMs: 30_000 };

/**
 * Checks the options of a channel, those of {@link ProviderOptions} included, and fills in their defaults.
 *
 * @param rules what the channel's own options accept
 * @param defaults of the channel's own options
 * @throws FactorConfigError naming the option and what it accepts
 */
export function resolveProvider<Options extends ProviderOptions, Defaulted extends keyof Options = never>(
  owner: string,
  options: Options,
  rules: { readonly [Name in Exclude<keyof Options, keyof ProviderOptions>]-?: OptionRule },
  defaults?: Pick<Options, Defaulted>,
): Readonly<Resolved<Options, Defaulted>> {
  const all = { ...rules, ...PROVIDER_RULES } as { readonly [Name in keyof Required<Options>]: OptionRule };
  return resolveOptions<Options>(owner, options, all, { ...PROVIDER_DEFAULTS, ...defaults } as Partial<Options>) as Readonly<
    Resolved<Options, Defaulted>
  >;
}

/** Accepts a list of 1 to `most` entries that `entry` accepts. An empty one would refuse everything. */
export const someOption = (entry: OptionRule, most: number): OptionRule => ({
  accepts: `a list of 1 to ${most}, each ${entry.accepts}`,
  isValid: (value) => listOption(entry, most).isValid(value) && Array.isArray(value) && value.length > 0,
});

/** Accepts what can be a part of an HTTP header: visible ASCII without spaces. */
export const tokenOption: OptionRule = patternOption(/^[!-~]{1,1000}$/, 'a string of 1 to 1000 visible ASCII characters');

/** Accepts the SID of an account of Twilio, which becomes a part of a path. */
export const accountSidOption: OptionRule = patternOption(/^AC[0-9a-zA-Z]{32}$/, 'an account SID: "AC" and 32 letters or digits');

/** Accepts an id that becomes a part of a path. */
export const idOption = (what: string): OptionRule => patternOption(/^[A-Za-z0-9_-]{1,100}$/, what);

/** Accepts who a text message comes from. */
export const textSenderOption: OptionRule = patternOption(
  /^(?:\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/,
  'a number in E.164 such as +12025550123, a short code, or a sender id of at most 11 letters and digits',
);

const SENDER = /^(?:([^<>@"]+?) *<([^\s<>@]+@[^\s<>@]+)>|([^\s<>@]+@[^\s<>@]+))$/;

/** Accepts who a mail comes from. */
export const mailSenderOption: OptionRule = {
  accepts: 'an email address, or a name and an address such as Acme <codes@acme.example>; at most 320 characters',
  isValid: (value) => typeof value === 'string' && value.length <= 320 && !/\p{Cc}/u.test(value) && SENDER.test(value),
};

/** Characters that a name can hold without quotes (RFC 5322, section 3.2.3), and those beyond ASCII. */
const PLAIN_NAME = /^[\w !#$%&'*+\-/=?^`{|}~\u0080-\u{10ffff}]+$/u;

/** Returns a sender as the header `From` has it: a name with punctuation is quoted. */
export function mailHeader(from: string): string {
  const { email, name } = mailSender(from);
  if (name === undefined) return email;
  return `${PLAIN_NAME.test(name) ? name : `"${name.replaceAll('\\', '\\\\')}"`} <${email}>`;
}

/** Returns the name and the address of a sender that {@link mailSenderOption} accepts. */
export function mailSender(from: string): { readonly email: string; readonly name?: string } {
  const [, name, named, alone = ''] = SENDER.exec(from) ?? [];
  return name === undefined ? { email: alone } : { email: named ?? '', name };
}
