import { acceptedLanguage } from '../delivery/accept-language.js';
import type { ChannelLike, MessageContent, MessageText } from '../delivery/channel.js';
import { codeChannelOption, type Verifier } from '../delivery/verifier.js';
import { FactorConfigError } from '../error/config-error.js';
import { assertLocks, ATTEMPT_LIMIT_RULES, DEFAULT_ATTEMPT_LIMITS } from '../factor/attempt.js';
import { isRequestCheck, type RequestCheck } from '../factor/checks/request-check.js';
import type { FactorUser } from '../factor/context.js';
import type { FactorOccurrence } from '../factor/factor-event.js';
import type { Purpose } from '../factor/purpose.js';
import type { AttemptLimits, Quota } from '../store/otp-store.js';
import { asObject } from '../validation/json-object.js';
import { choiceOption, functionOption, integerOption, optional, type OptionRule, textOption } from '../validation/options.js';
import type { MessageRequest } from './message-request.js';
import { assertVerifierOptions, CODE_LENGTH } from './delegated/verifier-options.js';
import { testCodesOption, type TestCodesOptions } from './test-codes.js';
import { DAY_MS, MINUTE_MS } from '../time/durations.js';

const YEAR_3000 = Date.UTC(3000, 0);
const TEN_MINUTES_MS = 10 * MINUTE_MS;

/** What the option `allow` receives about a message. */
export interface AllowContext extends MessageRequest {
  /** What the code is for. */
  readonly purpose: Purpose;
  /** The user who receives it; undefined if the user is not known yet. */
  readonly user: FactorUser | undefined;
  /** The way that the client has chosen, or the default one; left out if the channel offers no ways. */
  readonly via?: string;
  /** Emits an event to the application's listener, such as a `fault` of a service that you ask. */
  readonly emit: (event: FactorOccurrence) => void;
}

/** A rule of your own for sending: tells whether a message may be sent to a normalised address. */
export type AllowFunction = (destination: string, context: AllowContext) => boolean | Promise<boolean>;

/** What the option `allow` accepts: your own rules, and checks such as `proofOfWork()`. All of a list must allow a message. */
export type AllowOption = AllowFunction | RequestCheck | readonly (AllowFunction | RequestCheck)[];

/** Options of a factor that signs in with a code in place of the password (policy `default`). A second factor refuses them. */
export interface PrimaryCodeOptions {
  /** For policy `default`: whether a valid code for an address that no user has signs a new user up; true by default. */
  readonly signUp?: boolean;
  /**
   * For policy `default`, when you move from another adapter: accepts unsealed ids of users who signed up before this
   * time, and seals them at their next sign-in. Epoch milliseconds; 0 by default. With 0, an id that was written to
   * the database directly signs in no user.
   */
  readonly adoptIdsBefore?: number;
}

/** Options of every factor that delivers a code. */
export interface CodeFactorOptions extends Partial<AttemptLimits>, PrimaryCodeOptions {
  /**
   * Sends the messages: a channel, or a function that serves as one. A verifier makes and checks the codes too, in place of the
   * server.
   */
  readonly channel: ChannelLike | Verifier;
  /** Name of the application in the messages; left out by default. */
  readonly appName?: string;
  /** Digits of a code, 6 to 9; 6 by default. With a verifier, the length of its provider's codes, 4 to 10. */
  readonly codeLength?: number;
  /** How long a code is valid, in milliseconds, 30 seconds to 10 minutes (NIST SP 800-63B-4, section 3.1.3.2). */
  readonly validityMs?: number;
  /** Minimum time between two codes for the same user and purpose, in milliseconds; 60,000 by default. */
  readonly cooldownMs?: number;
  /** Messages to one address, and to one user for one purpose, in 10 minutes; 5 by default. */
  readonly maxSendsPer10Minutes?: number;
  /** Messages to one address, and to one user for one purpose, in a day; 10 by default. */
  readonly maxSendsPerDay?: number;
  /**
   * Messages requested from one IP address (IPv6: /64) in 10 minutes; 20 by default. Unknown clients are counted
   * apart from users who have proven a primary factor or hold a session. Each of the two has this limit.
   */
  readonly maxSendsPerIp?: number;
  /** All messages of this factor; no limit by default. */
  readonly budget?: Quota;
  /** How long a channel may take, in milliseconds, 50 to 30,000; 10,000 by default. */
  readonly deliveryTimeoutMs?: number;
  /**
   * Reads the user's address from the user object, for applications that keep it there. Such a user starts enrolment
   * with `true`. The user must still confirm the address once with a code. A changed address takes effect only after
   * the user has confirmed it.
   */
  readonly destination?: (user: FactorUser) => string | undefined | Promise<string | undefined>;
  /**
   * `additional` is a second factor, and the default. `default` signs in and signs up with the code in place of the
   * password, under a key of its own such as `emailLogin`. Users still need the second factors that they have set up.
   */
  readonly policy?: 'additional' | 'default';
  /**
   * What must allow a message, before it is counted: a function of yours that returns true for the normalised address, a check of
   * the request such as `proofOfWork()` or `turnstile()`, or a list of 1 to 10 of both. Checks of the request are asked first.
   * One IP address causes functions to be asked five times `maxSendsPerIp` in 10 minutes at most, whether messages go out or not.
   */
  readonly allow?: AllowOption;
  /** The language of a message, as a BCP 47 tag; by default the first of `Accept-Language` with a built-in text, or `en`. */
  readonly locale?: (user: FactorUser | undefined, request: MessageRequest) => string;
  /** Writes the message; by default a short text in the language of `locale`, with an HTML part. */
  readonly message?: (content: MessageContent) => MessageText;
  /**
   * The most addresses per user, 1 to 10; 1 by default. With 1, another enrolment replaces the address. With more, it adds one,
   * and a login can choose where its code goes. Only for policy `additional`, and without `destination`.
   */
  readonly maxAuthenticators?: number;
  /**
   * Addresses that get a fixed code, for the reviewers of app stores and for automated tests in production; none by default.
   *
   * Nothing is sent there; all limits and locks stay. Never for requests with the master key, nor for users with a role that a
   * policy demands factors of. `composeFactors` refuses a date more than 90 days ahead.
   */
  readonly testCodes?: TestCodesOptions;
}

type Optional = 'testCodes' | 'appName' | 'budget' | 'destination' | 'message' | 'allow' | keyof PrimaryCodeOptions;

/** {@link CodeFactorOptions} with every default filled in. */
export type ResolvedCodeFactorOptions = Required<Omit<CodeFactorOptions, Optional>> & Pick<CodeFactorOptions, Optional>;

/** Defaults of {@link CodeFactorOptions}, except `validityMs`, which depends on the factor. */
export const DEFAULT_CODE_FACTOR_OPTIONS: Omit<ResolvedCodeFactorOptions, 'channel' | 'validityMs'> = Object.freeze({
  ...DEFAULT_ATTEMPT_LIMITS,
  codeLength: 6,
  cooldownMs: MINUTE_MS,
  maxSendsPer10Minutes: 5,
  maxSendsPerDay: 10,
  maxSendsPerIp: 20,
  deliveryTimeoutMs: 10_000,
  policy: 'additional',
  maxAuthenticators: 1,
  locale: (_user, { headers }) => acceptedLanguage(headers),
});

const isQuota = (value: unknown): boolean => {
  const { limit, windowMs, ...others } = asObject(value) ?? {};
  const sound = integerOption(1, 1e9).isValid(limit) && integerOption(1000, DAY_MS).isValid(windowMs);
  return sound && Object.keys(others).length === 0;
};

const rulesOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : [value]);
const isRule = (value: unknown): boolean => functionOption.isValid(value) || isRequestCheck(value);

/** Splits the option `allow` into functions, and checks of the request. */
export function splitAllow(allow: AllowOption | undefined): {
  readonly rules: readonly AllowFunction[];
  readonly checks: readonly RequestCheck[];
} {
  const all = allow === undefined ? [] : (rulesOf(allow) as readonly (AllowFunction | RequestCheck)[]);
  return {
    rules: all.filter((each) => typeof each === 'function'),
    checks: all.filter((each) => typeof each !== 'function'),
  };
}

/** The values that {@link CodeFactorOptions} accept. */
export const CODE_FACTOR_RULES: { readonly [Name in keyof Required<CodeFactorOptions>]: OptionRule } = {
  ...ATTEMPT_LIMIT_RULES,
  channel: codeChannelOption,
  appName: optional(textOption(40)),
  codeLength: CODE_LENGTH,
  validityMs: integerOption(30_000, TEN_MINUTES_MS),
  cooldownMs: integerOption(1000, DAY_MS),
  maxSendsPer10Minutes: integerOption(1, 100),
  maxSendsPerDay: integerOption(1, 1000),
  maxSendsPerIp: integerOption(1, 1e6),
  budget: optional({
    accepts: '{ limit, windowMs }: limit a whole number of at least 1, windowMs from 1,000 to 86,400,000',
    isValid: isQuota,
  }),
  deliveryTimeoutMs: integerOption(50, 30_000),
  policy: choiceOption('additional', 'default'),
  signUp: optional(choiceOption(true, false)),
  adoptIdsBefore: optional(integerOption(0, YEAR_3000)),
  allow: optional({
    accepts: 'a function, a check such as proofOfWork(), or a list of 1 to 10 of them',
    isValid: (value) => rulesOf(value).length > 0 && rulesOf(value).length <= 10 && rulesOf(value).every(isRule),
  }),
  destination: optional(functionOption),
  locale: functionOption,
  message: optional(functionOption),
  maxAuthenticators: integerOption(1, 10),
  testCodes: testCodesOption,
};

/** Options for policy `default`, which a second factor refuses. */
const PRIMARY_ONLY = ['signUp', 'adoptIdsBefore'] as const;

/** @throws FactorConfigError if an option is not for the policy, or if options contradict each other */
export function assertCodeFactorOptions(owner: string, options: ResolvedCodeFactorOptions): void {
  const { policy, destination, maxAuthenticators } = options;
  assertLocks(owner, options);
  assertVerifierOptions(owner, options);
  const refuse = (name: string, only: string): never => {
    throw new FactorConfigError(`${owner}: option "${name}" works only with policy "${only}"; leave it out`);
  };
  if (policy === 'default') {
    if (destination !== undefined) refuse('destination', 'additional');
    if (maxAuthenticators > 1) refuse('maxAuthenticators', 'additional');
    return;
  }
  const wrong = PRIMARY_ONLY.find((name) => options[name] !== undefined);
  if (wrong !== undefined) refuse(wrong, 'default');
  if (destination === undefined || maxAuthenticators === 1) return;
  throw new FactorConfigError(`${owner}: option "maxAuthenticators" must be 1 with option "destination"`);
}
