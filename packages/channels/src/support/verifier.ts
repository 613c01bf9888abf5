import { FactorError } from '@parse-factors/core';
import { integerOption, optional, type OptionRule, resolveOptions } from '@parse-factors/core/factor';
import { faultFor, type Meaning, notAccepted } from './faults.js';
import { type ProviderReply, replyCode } from './http.js';
import { PROVIDER_DEFAULTS, PROVIDER_RULES, type ProviderOptions } from './provider-options.js';

/** Options of every verifier that sends its own HTTP requests. */
export interface VerifierOptions extends ProviderOptions {
  /** Digits of the provider's codes; 6 by default. The factor's option `codeLength` must be the same. */
  readonly codeLength?: number;
  /**
   * The least time until a wrong code of a passwordless sign-in, of a password reset or of an address verification is answered,
   * in milliseconds, 0 to 10,000; 1000 by default. Set it above the time that your provider usually takes: otherwise the time
   * reveals who has an account.
   */
  readonly rejectionMs?: number;
}

/** The rules of {@link VerifierOptions}. */
export const verifierRules = (leastDigits: number, mostDigits: number): Readonly<Record<keyof VerifierOptions, OptionRule>> => ({
  ...PROVIDER_RULES,
  codeLength: integerOption(leastDigits, mostDigits),
  rejectionMs: optional(integerOption(0, 10_000)),
});

export const VERIFIER_DEFAULTS: { readonly timeoutMs: number; readonly codeLength: number } = {
  ...PROVIDER_DEFAULTS,
  codeLength: 6,
};

/** Options with their defaults filled in. */
export type ResolvedVerifier<Options extends VerifierOptions, Defaulted extends keyof Options = never> = Options &
  Required<Pick<Options, 'timeoutMs' | 'codeLength' | Defaulted>>;

/**
 * Checks the options of a verifier, those of {@link VerifierOptions} included, and fills in their defaults.
 *
 * @param digits the fewest and the most digits that the provider's codes have
 * @throws FactorConfigError naming the option and what it accepts
 */
export function resolveVerifier<Options extends VerifierOptions, Defaulted extends keyof Options>(
  owner: string,
  options: Options,
  digits: readonly [least: number, most: number],
  rules: { readonly [Name in Exclude<keyof Options, keyof VerifierOptions>]-?: OptionRule },
  defaults: Pick<Options, Defaulted>,
): Readonly<ResolvedVerifier<Options, Defaulted>> {
  const all = { ...rules, ...verifierRules(...digits) } as { readonly [Name in keyof Required<Options>]: OptionRule };
  return resolveOptions<Options>(owner, options, all, { ...VERIFIER_DEFAULTS, ...defaults } as Partial<Options>) as Readonly<
    ResolvedVerifier<Options, Defaulted>
  >;
}

/** What a provider's code means, if it is no failure: the address is refused, or a limit of the provider is reached. */
type Refusal = Extract<Meaning, 'refused'> | 'limited';

/**
 * Makes the error for a verification that was not started, or a code that was not checked.
 *
 * @param given the provider's own code
 * @param meaning what it means
 * @returns FactorError `address_refused` or `cooldown`, or MessageNotAccepted
 */
export function verificationFault(reply: ProviderReply, given: unknown, meaning?: Refusal): Error {
  const code = replyCode(reply, given);
  if (reply.status >= 500) return notAccepted(code);
  if (reply.status === 429 || meaning === 'limited') return new FactorError('cooldown', { cause: notAccepted(code) });
  return faultFor(meaning, code);
}

/** Whether an address is an email address and no phone number. */
export const isMail = (address: string): boolean => address.includes('@');
