import { channelOption, type ChannelLike, type MessageContent, type MessageText } from './channel.js';
import type { FactorUser } from './factor.js';
import { ATTEMPT_LIMIT_RULES, DEFAULT_ATTEMPT_LIMITS } from './guess.js';
import { functionOption, integerOption, optional, textOption, type OptionRule } from './options.js';
import type { AttemptLimits, Quota } from './otp-store.js';
import { asObject } from './payload.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const TEN_MINUTES_MS = 10 * MINUTE_MS;

/** Options of every factor that delivers a code. */
export interface CodeFactorOptions extends Partial<AttemptLimits> {
  /** Takes the messages to their address: a channel, or any function that does. */
  readonly channel: ChannelLike;
  /** Name of the application in the messages; left out by default. */
  readonly appName?: string;
  /** Digits of a code, 6 to 9; 6 by default. */
  readonly codeLength?: number;
  /** How long a code lives, in milliseconds, 30 seconds to 10 minutes (NIST SP 800-63B-4, section 3.1.3.2). */
  readonly validityMs?: number;
  /** Least time between two codes for the same user and purpose, in milliseconds; 60,000 by default. */
  readonly cooldownMs?: number;
  /** Messages to one address, and to one user for one purpose, in 10 minutes; 5 by default. */
  readonly maxSendsPer10Minutes?: number;
  /** Messages to one address, and to one user for one purpose, in a day; 10 by default. */
  readonly maxSendsPerDay?: number;
  /** Messages asked for from one IP address in 10 minutes; 20 by default. */
  readonly maxSendsPerIp?: number;
  /** Messages of this factor in total; no limit by default. */
  readonly budget?: Quota;
  /** How long a channel may take, in milliseconds, 50 to 30,000; 10,000 by default. */
  readonly deliveryTimeoutMs?: number;
  /**
   * Where the address stands on the user object, for applications that keep it there. Such a
   * user asks for enrolment with `true`; the code still has to be confirmed once, and an
   * address changed later takes effect only when it has been confirmed anew.
   */
  readonly destination?: (user: FactorUser) => string | undefined | Promise<string | undefined>;
  /** The user's language as a BCP 47 tag, handed to `message`; `en` by default. */
  readonly locale?: (user: FactorUser) => string;
  /** Writes the message; a short English text by default. */
  readonly message?: (content: MessageContent) => MessageText;
}

/** {@link CodeFactorOptions} with every default filled in. */
export type ResolvedCodeFactorOptions = Required<Omit<CodeFactorOptions, 'appName' | 'budget' | 'destination' | 'message'>> &
  Pick<CodeFactorOptions, 'appName' | 'budget' | 'destination' | 'message'>;

/** Defaults of {@link CodeFactorOptions}, but for `validityMs`, which depends on the factor. */
export const DEFAULT_CODE_FACTOR_OPTIONS: Omit<ResolvedCodeFactorOptions, 'channel' | 'validityMs'> = Object.freeze({
  ...DEFAULT_ATTEMPT_LIMITS,
  codeLength: 6,
  cooldownMs: MINUTE_MS,
  maxSendsPer10Minutes: 5,
  maxSendsPerDay: 10,
  maxSendsPerIp: 20,
  deliveryTimeoutMs: 10_000,
  locale: () => 'en',
});

const isQuota = (value: unknown): boolean => {
  const { limit, windowMs, ...others } = asObject(value) ?? {};
  const sound = integerOption(1, 1e9).isValid(limit) && integerOption(1000, DAY_MS).isValid(windowMs);
  return sound && Object.keys(others).length === 0;
};

/** What the options of every factor that delivers a code accept. */
export const CODE_FACTOR_RULES: { readonly [Name in keyof Required<CodeFactorOptions>]: OptionRule } = {
  ...ATTEMPT_LIMIT_RULES,
  channel: channelOption,
  appName: optional(textOption(40)),
  codeLength: integerOption(6, 9),
  validityMs: integerOption(30_000, TEN_MINUTES_MS),
  cooldownMs: integerOption(1000, DAY_MS),
  maxSendsPer10Minutes: integerOption(1, 100),
  maxSendsPerDay: integerOption(1, 1000),
  maxSendsPerIp: integerOption(1, 1e6),
  budget: optional({ accepts: '{ limit, windowMs } with a limit of at least 1 and 1000 to 86400000 ms', isValid: isQuota }),
  deliveryTimeoutMs: integerOption(50, 30_000),
  destination: optional(functionOption),
  locale: functionOption,
  message: optional(functionOption),
};
