import { type FactorChange, primaryFactors, secondFactors } from '../account/factor-roles.js';
import type { LoginPolicy } from '../account/login-policy.js';
import { enrolmentOption, type EnrolmentOptions, policyOption, type PolicyOption } from '../account/policy-options.js';
import type { RandomSource } from '../crypto/random.js';
import { FactorConfigError } from '../error/config-error.js';
import type { FactorListener } from '../factor/factor-event.js';
import type { AnyFactor, Factor } from '../factor/factor.js';
import { primaryOf } from '../factor/primary-sign-in.js';
import type { ClientIp } from '../parse/client-info.js';
import type { ParseDatabase } from '../parse/database/parse-database.js';
import type { OtpStore } from '../store/otp-store.js';
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

/** Where state is kept: one store for all requests, or a function of the database that a request runs on. */
export type StoreSource = OtpStore | ((host: { readonly appId: string; readonly database: ParseDatabase }) => OtpStore);

/** Options of `composeFactors`. */
export interface ComposeOptions<Key extends string = string> {
  /** `<name>:<base64 of 32 random bytes>`, newest first, separated by commas; `npx parse-factors keygen` prints one. */
  readonly keys: string;
  /**
   * Ids that the application had before, 10 at most; none by default. What was sealed for them still opens, and is sealed
   * for the present id at its next write. They must have been ids of the same database.
   */
  readonly formerAppIds?: readonly string[];
  /** The factors by their key in `auth`, a name such as `otp`: a letter, then letters, digits and `_`. */
  readonly factors: Readonly<Record<Key, AnyFactor>>;
  /** Where codes and limits are kept; the app's own database by default. */
  readonly store?: StoreSource;
  /** How long a fresh proof lasts, in milliseconds, 30 seconds to one hour; 300,000 by default. */
  readonly freshMs?: number;
  /** How many factors a login must answer; `any` by default. */
  readonly policy?: PolicyOption;
  /** Who must set up a factor, and by when; nobody by default. */
  readonly enrolment?: EnrolmentOptions;
  /**
   * Wrong answers from one IP address (IPv6: /64) in ten minutes where a login begins without a proven user, by all such
   * factors together: codes that sign in alone, fields, passkeys alone. 1 to 1,000,000; 100 by default. Beyond it every
   * such answer is refused (`cooldown`), right or wrong. The master key and Cloud Code are not limited.
   */
  readonly maxAttemptsPerIp?: number;
  /** Changes that end the user's other sessions; all three by default. */
  readonly revokeSessionsOn?: readonly FactorChange[];
  /** Whether the server's configuration is looked at once after it has started; true by default. */
  readonly selfCheck?: boolean;
  /**
   * Whether users are told when a way to sign in was added, replaced or removed, a recovery code was used,
   * or too many wrong codes were given: at every address that was known before, by channels that send
   * notices; true by default.
   */
  readonly notices?: boolean;
  /** Whether events are also written to the class `FactorEvent` of the app's database; false by default. */
  readonly eventLog?: boolean;
  /** Hears of everything that happens, for logs, metrics and notices. What it throws changes nothing. */
  readonly onEvent?: FactorListener;
  /**
   * Keeps the process alive for what no reply waits for: notices, the event log, a promise of `onEvent`, and
   * messages whose duration would tell who has an account. It is called with a promise that never rejects;
   * hand over your platform's own. None by default, as a server that goes on running needs none.
   */
  readonly waitUntil?: WaitUntil;
  /**
   * Says which IP address a request counts for, in limits, events and `allow`: requests from Cloud Code carry
   * none. It gives undefined for the one that Parse Server saw, and believes no header that a client can set.
   * What is no IP address is ignored. None by default.
   */
  readonly clientIp?: ClientIp;
  /** The time in epoch milliseconds; `Date.now` by default. */
  readonly clock?: Clock;
  /** Where codes, secrets and initialisation vectors come from; the system's source by default. */
  readonly random?: RandomSource;
}

const KEY_FORMAT = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** Parse Server merges an adapter of these names with its own of the same name. */
const BUILT_IN_PROVIDERS = new Set(
  'anonymous apple facebook gcenter github google gpgames instagram janraincapture janrainengage keycloak ldap line linkedin meetup mfa microsoft oauth2 phantauth qq spotify twitter vkontakte wechat weibo'.split(
    ' ',
  ),
);

const STORE_VERBS: readonly (keyof OtpStore)[] = [
  'issue',
  'attempt',
  'consume',
  'revoke',
  'advance',
  'claim',
  'count',
  'uncount',
  'pardon',
  'forget',
  'prune',
];

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

const hasMethods = (value: unknown, names: readonly PropertyKey[]): boolean =>
  typeof value === 'object' && value !== null && names.every((name) => typeof Reflect.get(value, name) === 'function');

const isFactor = (value: unknown): value is Factor<object> =>
  hasMethods(value, FACTOR_METHODS) && POLICY.isValid(Reflect.get(Object(value), 'policy'));

/** What the options of `composeFactors` accept. */
export const COMPOSE_RULES: { readonly [Name in keyof Required<ComposeOptions>]: OptionRule } = {
  keys: { accepts: 'given as a string', isValid: (value) => typeof value === 'string' },
  formerAppIds: listOption(textOption(256), 10),
  factors: {
    accepts: 'an object of at least one factor',
    isValid: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0,
  },
  store: {
    accepts: 'an OtpStore or a function that gives one',
    isValid: (value) => functionOption.isValid(value) || hasMethods(value, STORE_VERBS),
  },
  freshMs: integerOption(30_000, 60 * 60_000),
  policy: policyOption,
  enrolment: enrolmentOption,
  maxAttemptsPerIp: integerOption(1, 1e6),
  revokeSessionsOn: {
    accepts: `a list of any of ${CHANGES.map((change) => JSON.stringify(change)).join(', ')}`,
    isValid: (value) => Array.isArray(value) && value.every((change) => choiceOption(...CHANGES).isValid(change)),
  },
  selfCheck: choiceOption(true, false),
  notices: choiceOption(true, false),
  eventLog: choiceOption(true, false),
  onEvent: optional(functionOption),
  waitUntil: optional(functionOption),
  clientIp: optional(functionOption),
  clock: {
    accepts: 'a function that gives epoch milliseconds',
    isValid: (value) => functionOption.isValid(value) && Number.isFinite((value as Clock)()),
  },
  random: functionOption,
};

/** @throws FactorConfigError when it is no store */
export function assertStore(store: OtpStore): OtpStore {
  if (!hasMethods(store, STORE_VERBS)) throw new FactorConfigError('composeFactors: option "store" must give an OtpStore');
  return store;
}

/** @throws FactorConfigError when the key or the factor cannot serve */
export function assertFactor(key: string, factor: unknown): asserts factor is Factor<object> {
  if (!KEY_FORMAT.test(key) || key in Object.prototype) {
    throw new FactorConfigError(
      `composeFactors: factor key ${JSON.stringify(key)} must be a letter followed by letters, digits or "_"`,
    );
  }
  const place = asObject(asObject(factor)?.['replaces'])?.['provider'];
  if (BUILT_IN_PROVIDERS.has(key) && place !== key) {
    throw new FactorConfigError(
      `composeFactors: factor key "${key}" is the name of a provider built into Parse Server; choose another`,
    );
  }
  if (!isFactor(factor)) {
    throw new FactorConfigError(`composeFactors: factors.${key} must be a Factor`);
  }
  const { policy, primary } = factor;
  if (policy !== 'additional' && !hasMethods(primary, ['read', 'begin', 'verify'])) {
    throw new FactorConfigError(
      `composeFactors: factors.${key} has policy "${policy}", but no "primary" to sign in with; use policy "additional"`,
    );
  }
  if (place !== undefined && place !== key) {
    throw new FactorConfigError(
      `composeFactors: factors.${key} takes the place of a built-in provider, whose name must be its key`,
    );
  }
}

/** @throws FactorConfigError where a factor needs a second factor beside it, or the policy demands more than there are */
export function assertEnough(factors: Readonly<Record<string, Factor<object>>>, { mostDemanded }: LoginPolicy): void {
  const { length } = secondFactors({ factors });
  const dependent = Object.keys(factors).find((key) => primaryOf(factors[key])?.needsSecondFactor === true);
  if (length === 0 && dependent !== undefined) {
    throw new FactorConfigError(`composeFactors: factors.${dependent} lets nobody in without a second factor, and there is none`);
  }
  if (length === 0 && primaryFactors({ factors }).length < Object.keys(factors).length) {
    throw new FactorConfigError('composeFactors: option "factors" must hold a factor beside what only stands in for one');
  }
  if (mostDemanded > length) {
    throw new FactorConfigError(`composeFactors: option "policy" demands ${mostDemanded} factors, and there are only ${length}`);
  }
}
