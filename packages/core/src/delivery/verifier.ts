import type { FactorUser } from '../factor/context.js';
import type { Purpose } from '../factor/purpose.js';
import type { OptionRule } from '../validation/options.js';
import { type Channel, type ChannelLike, channelOption, type OutgoingMessage, toChannel } from './channel.js';

/** A verification that a provider is to start. The provider makes the code and sends it. */
export interface VerificationStart<Address = string> {
  /** The recipient: an E.164 number or a normalised email address. */
  readonly to: Address;
  /** The language of the message as a BCP 47 tag. */
  readonly locale: string;
  /** What the code is for. */
  readonly purpose: Purpose;
  /** The user who receives it; undefined if the user is not known yet. */
  readonly user: FactorUser | undefined;
  /** When the factor stops accepting the code, in epoch milliseconds. */
  readonly expiresAt: number;
  /** How long the factor accepts the code, in milliseconds. */
  readonly validityMs: number;
  /** Digits of the code that the factor expects. */
  readonly codeLength: number;
  /**
   * For providers that run one verification for an address at a time: tells whether the one that runs may be ended for this one.
   * It may not if only strangers can have asked for this one, and a user is waiting for that one.
   *
   * @param id the provider's id of the verification that runs
   */
  readonly mayEnd: (id: string) => Promise<boolean>;
  /** A key that is different for each start, for providers that accept an idempotency key: 43 characters of base64url. */
  readonly key: string;
  /** Aborted when the time for the request is over. The code is void then. A listener must not throw. */
  readonly signal: AbortSignal;
}

/** A typed code that a provider is to check. */
export interface VerificationCheck<Address = string> {
  /** The id that {@link Verifier.start} returned. */
  readonly id: string;
  /** The address that the verification was started for. */
  readonly to: Address;
  /** The code, in ASCII digits, as many as the factor expects. */
  readonly code: string;
  /** Aborted when the time for the request is over. A listener must not throw. */
  readonly signal: AbortSignal;
}

/**
 * What a provider says about a code:
 * - `right`: it has verified the code
 * - `wrong`: the code is a different one, and another may be tried
 * - `gone`: the verification has expired, is used up or was never started
 */
export type VerificationAnswer = 'right' | 'wrong' | 'gone';

/**
 * Lets a provider make, send and check the codes of a factor, in place of a {@link Channel}. The factor still decides who may
 * start and try how often, what a code is good for, and that it works once. See "Write a verifier" in the documentation.
 */
export interface Verifier<Address = string> {
  /** The verifier's name in logs. */
  readonly name: string;
  /** Digits of the codes, 4 to 10. If set, the factor's option `codeLength` must be the same. */
  readonly codeLength?: number;
  /** How long the provider accepts a code, in milliseconds. If set, the factor's option `validityMs` must not be longer. */
  readonly validityMs?: number;
  /**
   * The least time until a wrong code of a user who is not known yet is answered, in milliseconds, 0 to 10,000; 1000 by default.
   * It should be longer than a check usually takes: without it, the time would reveal who has an account (user enumeration,
   * CWE-204).
   */
  readonly rejectionMs?: number;
  /**
   * Starts one verification, once. Resolves to the provider's id of it, 1 to 255 characters, only if the provider has accepted
   * it. The provider may return the id of a verification that it runs for the same address already.
   *
   * May throw a `FactorError`: `address_refused` if the address itself is refused, `cooldown` if a limit of the provider is
   * reached. Any other error is `delivery_failed`.
   */
  start(start: VerificationStart<Address>): Promise<{ readonly id: string }>;
  /**
   * Checks a code, once. Rejects if the provider did not answer: the user may then try the same code again. The attempt counts.
   */
  check(check: VerificationCheck<Address>): Promise<VerificationAnswer>;
  /** Sends one security notification, once. A verifier without this method sends none. */
  notify?(notice: OutgoingMessage<Address>): Promise<void>;
  /** Tries to reach the provider without starting anything, as {@link Channel.reach} does. */
  reach?(signal: AbortSignal): Promise<void>;
}

const isFunction = (value: unknown): boolean => typeof value === 'function';

/** Tells whether a value is a verifier: an object with a name and the functions `start` and `check`. */
export const isVerifier = (value: unknown): value is Verifier =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  'start' in value &&
  isFunction(value.start) &&
  'check' in value &&
  isFunction(value.check);

/** Accepts what a factor sends codes by: a channel, a function that serves as one, or a verifier. */
export const codeChannelOption: OptionRule = {
  accepts: `${channelOption.accepts}, or a verifier ({ name, start, check })`,
  isValid: (value) => channelOption.isValid(value) || isVerifier(value),
};

/** Returns the channel for messages that a factor writes itself. A verifier takes only notifications, if any. */
export function channelOf(like: ChannelLike | Verifier): Channel {
  if (!isVerifier(like)) return toChannel(like);
  return {
    name: like.name,
    send: () => Promise.reject(new TypeError('a verifier sends no codes of the server')),
    ...(like.notify !== undefined && { notify: (notice: OutgoingMessage) => like.notify?.(notice) ?? Promise.resolve() }),
  };
}
