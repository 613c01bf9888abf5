import { secondFactors } from '../account/factor-roles.js';
import { LoginPolicy } from '../account/login-policy.js';
import type { Runtime } from '../account/runtime.js';
import type { MethodDemand, SessionMethods } from '../account/sessions/session-methods.js';
import type { StepUpOptions } from '../account/step-up-proofs.js';
import { Keyring } from '../crypto/keyring.js';
import { systemRandom } from '../crypto/random.js';
import type { AnyFactor, Factor } from '../factor/factor.js';
import type { MoveOptions, MoveReport } from '../flows/administration/migrate-users.js';
import { type ParseAuthAdapter, toAuthAdapter } from '../parse/auth-adapter.js';
import type { Bridge } from '../parse/bridge.js';
import type { Finding } from '../parse/check/finding.js';
import { SelfCheck } from '../parse/check/self-check.js';
import { classIncidents } from '../parse/class-incidents.js';
import type { AdminRequest } from '../parse/cloud/admin-request.js';
import { move } from '../parse/cloud/cloud-functions.js';
import type { CloudRequest, SaveRequest, TriggerRequest } from '../parse/cloud/cloud-request.js';
import { installer, type InstallOptions, type ParseCloud } from '../parse/cloud/install.js';
import { UserTriggers } from '../parse/cloud/user-triggers.js';
import { prune } from '../parse/cloud/prune.js';
import { FACTOR_STATE_CLASS, ParseOtpStore } from '../parse/database/parse-otp-store.js';
import { checkedStore } from '../store/checked-store.js';
import type { OtpStore } from '../store/otp-store.js';
import { systemClock } from '../time/clock.js';
import { refuseRemovedOptions, resolveOptions } from '../validation/options.js';
import { assertPolicy } from './assert-policy.js';
import { inBackground } from './background.js';
import { assertResets, assertFactor, assertStore, COMPOSE_RULES, type ComposeOptions } from './compose-options.js';

/** The result of {@link composeFactors}. */
export interface ComposedFactors<Key extends string = string> {
  /** The auth adapters by key. Spread them into Parse Server's option `auth`. */
  readonly auth: Readonly<Record<Key, ParseAuthAdapter>>;

  /**
   * Registers the `_User` triggers that guard the factors, and the Cloud function `factorsStatus`. Call it from Cloud Code, or
   * after the server has started.
   *
   * `factorsStatus` returns the status of all factors of the session's user.
   *
   * Triggers of your application run after these, in whichever order they are registered. For another order, name the triggers
   * in `except`, and call the functions of these names below from your own.
   *
   * It also makes Parse Server refuse writes of factors that these checks have not approved, with the master key too.
   *
   * @param Parse the server's own copy of the SDK, as Cloud Code gets it; looked up when left out
   * @throws FactorConfigError before Parse Server was loaded, for a wrong option, or where Parse Server's triggers cannot be
   *   reached, as in a bundle: then name all four in `except`
   */
  install(Parse?: ParseCloud, options?: InstallOptions): void;

  /**
   * Checks a save of a user. Await it in your own `beforeSave` of `_User`.
   *
   * - Removing a factor needs a step-up proof and uses it up. The master key needs none, but the removal is an event.
   * - On an account with a factor, linking or unlinking another provider needs a step-up proof as well.
   * - A new password ends the user's step-up proofs, and trust in devices.
   *
   * @throws Parse.Error `fresh_proof_required`, `session_required`, `invalid_input`
   */
  beforeSaveUser(request: SaveRequest): Promise<void>;

  /** Removes everything that the store holds of a deleted user. Await it in your own `afterDelete` of `_User`. */
  afterDeleteUser(request: TriggerRequest): Promise<void>;

  /**
   * Refuses a login that carries a session, and users without a factor where a policy demands one. Await it in your own
   * `beforeLogin`.
   *
   * @throws Parse.Error `invalid_input`, `enrolment_required`
   */
  beforeLogin(request: TriggerRequest): Promise<void>;

  /** Records the factor of a login for its session. Await it in your own `afterLogin`. */
  afterLogin(request: TriggerRequest): Promise<void>;

  /**
   * Resolves if the request's session has a step-up proof. Use it in Cloud functions, triggers and validators.
   *
   * @throws Parse.Error `fresh_proof_required`; `session_required` without a session
   */
  requireFresh(request: CloudRequest, options?: StepUpOptions): Promise<void>;

  /**
   * Returns how the request's session was opened, and what was verified in it since. It costs one database statement.
   *
   * @throws Parse.Error `session_required` without a session
   */
  sessionMethods(request: CloudRequest): Promise<SessionMethods>;

  /**
   * Resolves if one of these factors was verified for the request's session. Recovery codes and trusted devices do not count.
   * Use it in Cloud functions, triggers and validators. It costs one database statement.
   *
   * @throws Parse.Error `fresh_proof_required`, naming the factors; `session_required` without a session; `invalid_input` when
   *   `oneOf` names no factor of this application
   */
  requireFactor(request: CloudRequest, demand: MethodDemand): Promise<void>;

  /**
   * Deletes expired rows from the store, in batches of 1000, and returns how many.
   *
   * It only saves space: expired rows are refused anyway. `install` can define a job that calls it.
   */
  prune(request: Pick<CloudRequest, 'config'>): Promise<number>;

  /**
   * Moves users from one factor to others, for a script of an administrator. Each call handles one batch of users, in the
   * order of their ids. Each user is moved in one atomic step.
   *
   * @param request of a Cloud function with the master key; the read-only master key is refused. Its `params`: `after`, the
   *   `next` of the batch before; `limit`, 1 to 1000 users, 100 by default; `apply`, without which nothing is written
   * @throws Parse.Error `session_required` without the master key; `invalid_input` for other parameters or an unknown factor
   *   key
   */
  move<Enrolment extends object>(request: AdminRequest, options: MoveOptions<Enrolment>): Promise<MoveReport>;

  /**
   * Finds settings of the server that leave the factors unprotected. It also runs once after the start, unless `selfCheck` is
   * off.
   *
   * @returns an empty list when all is well, and while the server has not started
   */
  check(): Promise<readonly Finding[]>;
}

/** The answers of other stores are checked. The default store is our own and needs no checks. */
const soundStore = (store: OtpStore): OtpStore => (store instanceof ParseOtpStore ? store : checkedStore(store));

type WithoutDefault = 'onEvent' | 'waitUntil' | 'clientIp';

const REMOVED = {
  recordKeys:
    'was removed: records are sealed with "keys". Append the keys of "recordKeys" to "keys", so that old records still open',
};

/**
 * Combines factors into one `auth` configuration for Parse Server.
 *
 * @throws FactorConfigError naming the option and what it accepts, before Parse Server starts
 * @example
 * ```ts
 * import { composeFactors } from '@parse-factors/core';
 * import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
 * import { TotpFactor } from '@parse-factors/totp';
 *
 * const factors = composeFactors({
 *   keys: process.env['FACTOR_KEYS'] ?? '', // npx parse-factors keygen
 *   factors: { totp: new TotpFactor({ issuer: 'Acme' }), recovery: new RecoveryCodesFactor() },
 * });
 * // For Parse Server's options; in Cloud Code, call factors.install(Parse).
 * export const auth = { ...factors.auth };
 * ```
 */
export function composeFactors<Key extends string>(options: ComposeOptions<Key>): ComposedFactors<Key> {
  refuseRemovedOptions('composeFactors', options, REMOVED);
  return compose(options);
}

/**
 * Like {@link composeFactors}, but seals stored records with separate keys.
 *
 * It is for adapters that derive `keys` from a secret which may change, such as the server's master key: users then keep their
 * records. Applications rotate `keys` instead.
 *
 * @param recordKeys the keys that seal stored records, in the same form as `keys`
 * @throws FactorConfigError naming the option and what it accepts
 */
export function composeWithRecordKeys<Key extends string>(
  options: ComposeOptions<Key>,
  recordKeys: string,
): ComposedFactors<Key> {
  return compose(options, recordKeys);
}

function compose<Key extends string>(options: ComposeOptions<Key>, recordKeys?: string): ComposedFactors<Key> {
  const clock = options?.clock ?? systemClock;
  const resolved = resolveOptions<
    Required<Omit<ComposeOptions<Key>, WithoutDefault>> & Pick<ComposeOptions<Key>, WithoutDefault>
  >('composeFactors', options, COMPOSE_RULES, {
    formerAppIds: [],
    store: ({ database }) =>
      new ParseOtpStore(database, { clock, onIncident: classIncidents(runtime, database, FACTOR_STATE_CLASS) }),
    freshMs: 5 * 60_000,
    policy: 'any',
    enrolment: {},
    maxAttemptsPerIp: 100,
    passwordReset: [],
    revokeSessionsOn: ['enrolled', 'replaced', 'removed'],
    selfCheck: true,
    notices: true,
    rememberDevices: true,
    newDeviceNotices: true,
    eventLog: false,
    clock,
    random: systemRandom,
  });
  const { store } = resolved;
  const factors: Record<string, Factor<object>> = {};
  for (const [key, factor] of Object.entries<AnyFactor>(resolved.factors)) {
    assertFactor(key, factor);
    factors[key] = factor;
  }
  const policy = new LoginPolicy(resolved, secondFactors({ factors }), clock);
  assertPolicy(factors, policy);
  assertResets(factors, resolved.passwordReset);
  const { onEvent, clientIp } = resolved;
  const later = inBackground(resolved.waitUntil);
  const runtime: Runtime = {
    ...resolved,
    factors,
    later,
    onEvent: onEvent && ((event) => later(Promise.resolve(onEvent(event)))),
    keyring: new Keyring(resolved.keys, resolved.random),
    recordKeyring: new Keyring(recordKeys ?? resolved.keys, resolved.random),
    policy,
  };
  const bridge: Bridge = {
    runtime,
    clientIp,
    storeFor: typeof store === 'function' ? (host) => soundStore(assertStore(store(host))) : () => soundStore(store),
  };
  const adapters = Object.keys(factors).map((key) => [key, toAuthAdapter(key, bridge)] as const);
  const auth = Object.freeze(Object.fromEntries(adapters)) as Record<Key, ParseAuthAdapter>;
  const users = new UserTriggers(bridge);
  const triggers = {
    beforeSave: (request: SaveRequest) => users.beforeSave(request),
    afterDelete: (request: TriggerRequest) => users.afterDelete(request),
    beforeLogin: (request: TriggerRequest) => users.beforeLogin(request),
    afterLogin: (request: TriggerRequest) => users.afterLogin(request),
  };
  const installation = installer(bridge, triggers, auth);
  const selfCheck = new SelfCheck(bridge, auth, installation);
  if (resolved.selfCheck) selfCheck.watch();
  return Object.freeze({
    auth,
    install: installation.install,
    beforeSaveUser: triggers.beforeSave,
    afterDeleteUser: triggers.afterDelete,
    beforeLogin: triggers.beforeLogin,
    afterLogin: triggers.afterLogin,
    requireFresh: (request: CloudRequest, stepUp?: StepUpOptions) => users.requireFresh(request, stepUp),
    sessionMethods: (request: CloudRequest) => users.sessionMethods(request),
    requireFactor: (request: CloudRequest, demand: MethodDemand) => users.requireFactor(request, demand),
    prune: ({ config }: Pick<CloudRequest, 'config'>) => prune(bridge, config),
    move: <Enrolment extends object>(request: AdminRequest, migration: MoveOptions<Enrolment>) =>
      move(bridge, request, migration),
    check: () => selfCheck.run(),
  });
}
