import { toAuthAdapter, type ParseAuthAdapter } from './auth-adapter.js';
import type { Clock } from './clock.js';
import { FactorConfigError } from './factor-error.js';
import type { FactorListener } from './factor-event.js';
import { FactorGuard, type CloudRequest, type TriggerRequest } from './factor-guard.js';
import type { FactorRuntime } from './factor-runtime.js';
import type { Factor } from './factor.js';
import type { FreshnessOptions } from './freshness.js';
import { Keyring } from './keyring.js';
import { functionOption, integerOption, optional, resolveOptions, type OptionRule } from './options.js';
import type { OtpStore } from './otp-store.js';
import type { ParseDatabase } from './parse-database.js';
import { ParseOtpStore } from './parse-otp-store.js';
import { systemRandom, type RandomSource } from './random.js';

/** Where state is kept: one store for all requests, or a function of the database that a request runs on. */
export type StoreSource = OtpStore | ((host: { readonly appId: string; readonly database: ParseDatabase }) => OtpStore);

/** A factor whatever it keeps about a user. */
export type AnyFactor = Pick<Factor<never>, 'policy'> & object;

/** Options of {@link composeFactors}. */
export interface ComposeOptions<Key extends string = string> {
  /** `<name>:<base64 of 32 random bytes>`, newest first, separated by commas; `npx parse-factors keygen` prints one. */
  readonly keys: string;
  /** The factors by their key in `auth`, a name such as `otp`: a letter, then letters, digits and `_`. */
  readonly factors: Readonly<Record<Key, AnyFactor>>;
  /** Where codes and limits are kept; the app's own database by default. */
  readonly store?: StoreSource;
  /** How long a fresh proof lasts, in milliseconds, 30 seconds to one hour; 300,000 by default. */
  readonly freshMs?: number;
  /** Hears of everything that happens, for logs, metrics and notices. What it throws changes nothing. */
  readonly onEvent?: FactorListener;
  /** The time in epoch milliseconds; `Date.now` by default. */
  readonly clock?: Clock;
  /** Where codes, secrets and initialisation vectors come from; the system's source by default. */
  readonly random?: RandomSource;
}

/** What {@link composeFactors} gives. */
export interface ComposedFactors<Key extends string = string> {
  /** To be spread into Parse Server's `auth`. */
  readonly auth: Readonly<Record<Key, ParseAuthAdapter>>;

  /**
   * Registers the `_User` triggers that guard the factors: to be called from Cloud Code, or once
   * the server has started. Parse Server keeps one trigger of a kind per class: an application with its own calls
   * {@link beforeSaveUser} and {@link afterDeleteUser} from there instead.
   *
   * @param Parse the server's own copy of the SDK, as Cloud Code gets it; found by itself when left out
   * @throws FactorConfigError before Parse Server was loaded
   */
  install(Parse?: ParseCloud): void;

  /**
   * To be awaited in the application's own `beforeSave` of `_User`. Removing a factor needs a fresh
   * proof, which it spends; the master key may, and that is an event. A new password ends freshness.
   *
   * @throws Parse.Error `fresh_proof_required`, `session_required`
   */
  beforeSaveUser(request: TriggerRequest): Promise<void>;

  /** To be awaited in the application's own `afterDelete` of `_User`: removes all that the store holds of the user. */
  afterDeleteUser(request: TriggerRequest): Promise<void>;

  /**
   * Passes if the session that asks is fresh: for Cloud functions, triggers and validators.
   *
   * @throws Parse.Error `fresh_proof_required`; `session_required` without a session
   */
  requireFresh(request: CloudRequest, options?: FreshnessOptions): Promise<void>;
}

/** The part of `Parse` in Cloud Code that {@link ComposedFactors.install} uses. */
export interface ParseCloud {
  readonly Cloud: {
    beforeSave(className: '_User', trigger: (request: TriggerRequest) => Promise<void>): void;
    afterDelete(className: '_User', trigger: (request: TriggerRequest) => Promise<void>): void;
  };
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
  'forget',
  'prune',
];
const FACTOR_METHODS: readonly (keyof Factor<object>)[] = [
  'intent',
  'beginEnrolment',
  'confirmEnrolment',
  'challenge',
  'verify',
  'describe',
];

const hasMethods = (value: unknown, names: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && names.every((name) => typeof Reflect.get(value, name) === 'function');

const RULES: { readonly [Name in keyof Required<ComposeOptions>]: OptionRule } = {
  keys: { accepts: 'given as a string', isValid: (value) => typeof value === 'string' },
  factors: {
    accepts: 'an object of at least one factor',
    isValid: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0,
  },
  store: {
    accepts: 'an OtpStore or a function that gives one',
    isValid: (value) => functionOption.isValid(value) || hasMethods(value, STORE_VERBS),
  },
  freshMs: integerOption(30_000, 60 * 60_000),
  onEvent: optional(functionOption),
  clock: {
    accepts: 'a function that gives epoch milliseconds',
    isValid: (value) => functionOption.isValid(value) && Number.isFinite((value as Clock)()),
  },
  random: functionOption,
};

function assertStore(store: OtpStore): OtpStore {
  if (!hasMethods(store, STORE_VERBS)) throw new FactorConfigError('composeFactors: option "store" must give an OtpStore');
  return store;
}

function assertFactor(key: string, factor: unknown): asserts factor is Factor<object> {
  if (!KEY_FORMAT.test(key) || key in Object.prototype) {
    throw new FactorConfigError(
      `composeFactors: factor key ${JSON.stringify(key)} must be a letter followed by letters, digits or "_"`,
    );
  }
  if (BUILT_IN_PROVIDERS.has(key)) {
    throw new FactorConfigError(
      `composeFactors: factor key "${key}" is the name of a provider built into Parse Server; choose another`,
    );
  }
  if (!hasMethods(factor, FACTOR_METHODS) || Reflect.get(Object(factor), 'policy') !== 'additional') {
    throw new FactorConfigError(`composeFactors: factors.${key} must be a Factor with policy "additional"`);
  }
}

/**
 * Joins any factors into one `auth` config.
 *
 * @throws FactorConfigError naming the option and what it accepts, before Parse Server starts
 */
export function composeFactors<Key extends string>(options: ComposeOptions<Key>): ComposedFactors<Key> {
  const clock = options?.clock ?? Date.now;
  const resolved = resolveOptions<Required<ComposeOptions<Key>>>('composeFactors', options, RULES, {
    store: ({ database }) => new ParseOtpStore(database, { clock }),
    freshMs: 5 * 60_000,
    clock,
    random: systemRandom,
  });
  const { store } = resolved;
  const runtime: FactorRuntime = {
    ...resolved,
    factorKeys: Object.keys(resolved.factors),
    keyring: new Keyring(resolved.keys, resolved.random),
    storeFor: typeof store === 'function' ? (host) => assertStore(store(host)) : () => store,
  };
  const adapters = Object.entries<AnyFactor>(resolved.factors).map(([key, factor]): [string, ParseAuthAdapter] => {
    assertFactor(key, factor);
    return [key, toAuthAdapter(key, factor, runtime)];
  });
  const guard = new FactorGuard(runtime);
  const beforeSaveUser = (request: TriggerRequest): Promise<void> => guard.beforeSave(request);
  const afterDeleteUser = (request: TriggerRequest): Promise<void> => guard.afterDelete(request);
  return Object.freeze({
    auth: Object.freeze(Object.fromEntries(adapters)) as Record<Key, ParseAuthAdapter>,
    install(Parse: ParseCloud | undefined = (globalThis as unknown as { readonly Parse?: ParseCloud }).Parse) {
      if (Parse?.Cloud === undefined)
        throw new FactorConfigError('install: call it from Cloud Code, or once Parse Server has started');
      Parse.Cloud.beforeSave('_User', beforeSaveUser);
      Parse.Cloud.afterDelete('_User', afterDeleteUser);
    },
    beforeSaveUser,
    afterDeleteUser,
    requireFresh: (request: CloudRequest, given?: FreshnessOptions) => guard.requireFresh(request, given),
  });
}
