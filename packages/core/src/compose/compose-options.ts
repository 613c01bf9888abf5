import type { FactorChange } from '../account/factor-roles.js';
import type { PasswordCheck } from '../account/password-check.js';
import { enrolmentOption, type EnrolmentOptions, policyOption, type PolicyOption } from '../account/policy-options.js';
import type { RandomSource } from '../crypto/random.js';
import { FactorConfigError } from '../error/config-error.js';
import { type EventLogOptions, eventLogOption } from '../events/event-log-options.js';
import type { WebhookOptions } from '../events/webhook/webhook-options.js';
import type { FactorListener } from '../factor/factor-event.js';
import type { AnyFactor, Factor } from '../factor/factor.js';
import type { ClientIp } from '../parse/server/client-info.js';
import type { Clock } from '../time/clock.js';
import { asObject } from '../validation/json-object.js';
import {
  choiceOption,
  functionOption,
  integerOption,
  listOption,
  optional,
  type OptionRule,
  textOption,
} from '../validation/options.js';
import type { WaitUntil } from './background.js';
import { hasMethods, storeOption, type StoreSource } from './store-source.js';

/** Options of `composeFactors`. */
export interface ComposeOptions<Key extends string = string> {
  /**
   * The secret keys, each `<name>:<base64 of 32 random bytes>`, newest first, separated by commas. The command
   * `parse-factors keygen` of this package prints one.
   */
  readonly keys: string;
  /**
   * Former ids of the application on the same database, 10 at most; none by default. Records that were sealed for them still
   * open.
   */
  readonly formerAppIds?: readonly string[];
  /** The factors by their key in `auth`, such as `otp`. A key is a letter, then letters, digits and `_`, 64 at most. */
  readonly factors: Readonly<Record<Key, AnyFactor>>;
  /** Where codes and limits are stored; the app's own database by default. */
  readonly store?: StoreSource;
  /** How long a step-up proof lasts, in milliseconds: 30 seconds to one hour; 300,000 by default. */
  readonly freshMs?: number;
  /** Which second factors a login must answer, or how many; `any` by default. */
  readonly policy?: PolicyOption;
  /** Which users must set up a factor, and from which date; none by default. */
  readonly enrolment?: EnrolmentOptions;
  /**
   * Wrong answers that one IP address (IPv6: /64) may send to all primary factors in ten minutes, 1 to 1,000,000; 100 by
   * default. Beyond the limit every answer is refused with `cooldown`. The master key and Cloud Code are not limited.
   */
  readonly maxAttemptsPerIp?: number;
  /**
   * The keys of the factors whose codes reset a forgotten password; none by default.
   *
   * A factor that signs in by itself sends the code to its address. An email factor sends it to the user's verified `email` as
   * well. `install` then defines the Cloud functions `factorsRequestPasswordReset` and `factorsResetPassword`.
   */
  readonly passwordReset?: readonly string[];
  /**
   * Whether a reset by code takes over an account whose `email` is not verified, where Parse Server verifies emails; true by
   * default. A stranger may have opened it with that address: its password, sessions, factors and other providers end.
   */
  readonly takeOver?: boolean;
  /**
   * By field of the user, the key of the factor whose codes verify the address in it, such as `{ email: 'emailLogin', phone:
   * 'phoneLogin' }`; none by default. Ten fields at most.
   *
   * The field `<field>Verified`, such as `emailVerified`, becomes true. Clients cannot write it, and a change of the address
   * makes it false. `install` then defines the Cloud functions `factorsRequestVerification` and `factorsVerifyAddress`.
   */
  readonly addressVerification?: Readonly<Record<string, string>>;
  /**
   * What a session changes only after a fresh proof by a second factor, if the user has one: `password`, `email`, `username` and
   * fields of `addressVerification`; none by default. Resets, and the master key, need no proof.
   */
  readonly freshProofFor?: readonly string[];
  /**
   * Decides whether a new password may be used, at a sign-up, a change and a reset, and with the master key too; none by default.
   * Pass `breachedPasswords()`, or a function of your own. A refused one is answered with `password_refused`.
   */
  readonly passwordCheck?: PasswordCheck;
  /** Changes of a factor that end the user's other sessions; all three by default. */
  readonly revokeSessionsOn?: readonly FactorChange[];
  /** Whether the server's configuration is checked once after the start; true by default. */
  readonly selfCheck?: boolean;
  /**
   * Whether users receive security notifications; true by default. They report changed sign-in methods, used recovery codes and
   * locks, to every address known before the change.
   */
  readonly notices?: boolean;
  /**
   * Whether the devices that each user signs in from are remembered for 180 days; true by default. Without it, no sign-in is
   * from a new device, and policies know of no earlier sign-in.
   */
  readonly rememberDevices?: boolean;
  /** Whether users are notified of a sign-in from a new device; true by default. It needs `notices` and `rememberDevices`. */
  readonly newDeviceNotices?: boolean;
  /**
   * Whether events are also written to the class `FactorEvent` of the app's database; false by default. With `true` they are
   * kept for good, with `{ keepDays }` until `prune` deletes older ones.
   */
  readonly eventLog?: boolean | EventLogOptions;
  /**
   * An endpoint that receives events, signed as Standard Webhooks says; none by default. An endpoint that fails never delays or
   * fails a login. All servers that share a database must have the same one.
   */
  readonly webhook?: WebhookOptions;
  /** Called for every event, for logs, metrics and messages. Errors it throws are ignored. */
  readonly onEvent?: FactorListener;
  /**
   * Keeps a serverless process alive for notifications, events and messages that no reply waits for; none by default. Pass your
   * platform's own function. It receives a promise that never rejects.
   */
  readonly waitUntil?: WaitUntil;
  /**
   * Returns the IP address for limits, events and `allow`, for example for requests from Cloud Code; none by default. Undefined
   * or an invalid address keeps the one that Parse Server saw. Never trust a header that a client can set.
   */
  readonly clientIp?: ClientIp;
  /** Returns the time in epoch milliseconds; `Date.now` by default. */
  readonly clock?: Clock;
  /** The source of random bytes for codes, secrets and initialisation vectors; the system's source by default. */
  readonly random?: RandomSource;
}

const FIELD_FORMAT = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

const KEY_FORMAT = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** Names of Parse Server's built-in providers. It merges an adapter of one of these names with its own. */
const BUILT_IN_PROVIDERS = new Set(
  'anonymous apple facebook gcenter github google gpgames instagram janraincapture janrainengage keycloak ldap line linkedin meetup mfa microsoft oauth2 phantauth qq spotify twitter vkontakte wechat weibo'.split(
    ' ',
  ),
);

const FACTOR_METHODS: readonly (keyof Factor<object>)[] = [
  'read',
  'beginEnrolment',
  'confirmEnrolment',
  'challenge',
  'verify',
  'describe',
];

const POLICY = choiceOption('additional', 'default', 'solo');

const CHANGES: readonly FactorChange[] = ['enrolled', 'replaced', 'removed'];

const isFactor = (value: unknown): value is Factor<object> =>
  hasMethods(value, FACTOR_METHODS) && POLICY.isValid(Reflect.get(Object(value), 'policy'));

/** The rule that each option of `composeFactors` must meet. */
export const COMPOSE_RULES: { readonly [Name in keyof Required<ComposeOptions>]: OptionRule } = {
  keys: {
    accepts: 'a string of secret keys; `npx @parse-factors/core keygen` prints one',
    isValid: (value) => typeof value === 'string',
  },
  formerAppIds: listOption(textOption(256), 10),
  factors: {
    accepts: 'an object with at least one factor',
    isValid: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0,
  },
  store: storeOption,
  freshMs: integerOption(30_000, 60 * 60_000),
  policy: policyOption,
  enrolment: enrolmentOption,
  maxAttemptsPerIp: integerOption(1, 1e6),
  passwordReset: listOption(textOption(64), 10),
  takeOver: choiceOption(true, false),
  addressVerification: {
    accepts: 'an object of at most 10 fields of the user, each with the key of a factor',
    isValid: (value) => {
      const entries = Object.entries(asObject(value) ?? { none: undefined });
      const isSound = ([field, key]: readonly [string, unknown]): boolean => FIELD_FORMAT.test(field) && typeof key === 'string';
      return entries.length <= 10 && entries.every(isSound);
    },
  },
  freshProofFor: listOption(textOption(64), 13),
  passwordCheck: optional(functionOption),
  revokeSessionsOn: {
    accepts: `a list of any of ${CHANGES.map((change) => JSON.stringify(change)).join(', ')}`,
    isValid: (value) => Array.isArray(value) && value.every((change) => choiceOption(...CHANGES).isValid(change)),
  },
  selfCheck: choiceOption(true, false),
  notices: choiceOption(true, false),
  rememberDevices: choiceOption(true, false),
  newDeviceNotices: choiceOption(true, false),
  eventLog: eventLogOption,
  webhook: optional({ accepts: 'an object with "url" and "secrets"', isValid: (value) => asObject(value) !== undefined }),
  onEvent: optional(functionOption),
  waitUntil: optional(functionOption),
  clientIp: optional(functionOption),
  clock: {
    accepts: 'a function that returns epoch milliseconds',
    isValid: (value) => functionOption.isValid(value) && Number.isFinite((value as Clock)()),
  },
  random: functionOption,
};

/** Checks the key and the shape of a factor. @throws FactorConfigError when one of them is wrong */
export function assertFactor(key: string, factor: unknown): asserts factor is Factor<object> {
  if (!KEY_FORMAT.test(key) || key in Object.prototype) {
    throw new FactorConfigError(
      `composeFactors: factor key ${JSON.stringify(key)} must be a letter, followed by at most 63 letters, digits or "_"`,
    );
  }
  const place = asObject(asObject(factor)?.['replaces'])?.['provider'];
  if (BUILT_IN_PROVIDERS.has(key) && place !== key) {
    throw new FactorConfigError(
      `composeFactors: factor key "${key}" is the name of a provider built into Parse Server; choose another key`,
    );
  }
  if (!isFactor(factor)) {
    throw new FactorConfigError(`composeFactors: factors.${key} must be a factor, such as an instance of TotpFactor`);
  }
  const { policy, primary } = factor;
  if (policy !== 'additional' && !hasMethods(primary, ['read', 'begin', 'verify'])) {
    throw new FactorConfigError(
      `composeFactors: factors.${key} has policy "${policy}" but no "primary", so it cannot sign in without a password; use policy "additional"`,
    );
  }
  if (place !== undefined && place !== key) {
    throw new FactorConfigError(
      `composeFactors: factors.${key} replaces the built-in provider ${JSON.stringify(place)}, so its key must be the same name`,
    );
  }
}
