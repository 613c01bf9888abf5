import type { EventRecords } from '../account/event-ports.js';
import { secondFactors } from '../account/factor-roles.js';
import { LoginPolicy } from '../account/login-policy.js';
import type { Runtime } from '../account/runtime.js';
import type { MethodDemand } from '../account/sessions/session-methods.js';
import type { StepUpOptions } from '../account/step-up-proofs.js';
import { Keyring } from '../crypto/keyring.js';
import { systemRandom } from '../crypto/random.js';
import { keepEventsMs } from '../events/event-log-options.js';
import { Webhook } from '../events/webhook/webhook.js';
import { resolveWebhook } from '../events/webhook/webhook-options.js';
import type { AnyFactor, Factor } from '../factor/factor.js';
import type { CountOptions } from '../flows/administration/count-enrolled.js';
import type { MoveOptions } from '../flows/administration/migrate-users.js';
import type { PaymentAnswer, PaymentChallenge } from '../flows/payments/confirm-payment.js';
import { type ParseAuthAdapter, toAuthAdapter } from '../parse/auth-adapter.js';
import type { Bridge } from '../parse/bridge.js';
import { checkGroup } from '../parse/check/check-group.js';
import { SelfCheck } from '../parse/check/self-check.js';
import { countUsers } from '../parse/check/count-users.js';
import type { AdminRequest } from '../parse/cloud/admin-request.js';
import { move } from '../parse/cloud/cloud-functions.js';
import type { CloudRequest, SaveRequest, TriggerRequest } from '../parse/cloud/cloud-request.js';
import { exportUser } from '../parse/cloud/export-user.js';
import { installer } from '../parse/cloud/install.js';
import { UserTriggers } from '../parse/cloud/user-triggers.js';
import { deliverWebhooks, runningRecords } from '../parse/cloud/deliver-webhooks.js';
import { prune } from '../parse/cloud/prune.js';
import { systemClock } from '../time/clock.js';
import { refuseRemovedOptions, resolveOptions } from '../validation/options.js';
import { assertAddresses } from './assert-addresses.js';
import { assertPolicy } from './assert-policy.js';
import { assertTestCodes } from './assert-test-codes.js';
import type { ComposedFactors } from './composed-factors.js';
import { inBackground } from './background.js';
import { storeFor } from './store-source.js';
import { assertFactor, COMPOSE_RULES, type ComposeOptions } from './compose-options.js';

type WithoutDefault = 'webhook' | 'onEvent' | 'waitUntil' | 'clientIp' | 'passwordCheck';

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
 *   keys: process.env['FACTOR_KEYS'] ?? '', // of the command `parse-factors keygen`
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
    store: ({ inDatabase }) => inDatabase(),
    freshMs: 5 * 60_000,
    policy: 'any',
    enrolment: {},
    maxAttemptsPerIp: 100,
    passwordReset: [],
    takeOver: true,
    addressVerification: {},
    freshProofFor: [],
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
  assertAddresses(factors, resolved);
  assertTestCodes(factors, clock());
  const { onEvent, clientIp, webhook } = resolved;
  const running = (): EventRecords | undefined => runningRecords(auth, runtime);
  const later = inBackground(resolved.waitUntil);
  const runtime: Runtime & { readonly webhook: Webhook | undefined } = {
    ...resolved,
    passwordCheck: resolved.passwordCheck,
    addressVerification: { ...resolved.addressVerification },
    eventLog: resolved.eventLog !== false,
    keepEventsMs: keepEventsMs(resolved.eventLog),
    factors,
    later,
    onEvent: onEvent && ((event) => later(Promise.resolve(onEvent(event)))),
    keyring: new Keyring(resolved.keys, resolved.random),
    recordKeyring: new Keyring(recordKeys ?? resolved.keys, resolved.random),
    policy,
    webhook: webhook && new Webhook(resolveWebhook(webhook), { runtime: () => runtime, running }),
  };
  const bridge: Bridge = { runtime, clientIp, storeFor: storeFor(store, runtime) };
  const adapters = Object.keys(factors).map((key) => [key, toAuthAdapter(key, bridge)] as const);
  const auth = Object.freeze(Object.fromEntries(adapters)) as Record<Key, ParseAuthAdapter>;
  const users = new UserTriggers(bridge);
  const triggers = {
    beforeSave: (request: SaveRequest) => users.beforeSave(request),
    afterDelete: (request: TriggerRequest) => users.afterDelete(request),
    beforeLogin: (request: TriggerRequest) => users.beforeLogin(request),
    afterLogin: (request: TriggerRequest) => users.afterLogin(request),
  };
  const installation = installer(bridge, triggers, auth, (request) => selfCheck.examine(request));
  const selfCheck = new SelfCheck(bridge, auth, installation);
  if (resolved.selfCheck) selfCheck.watch();
  runtime.webhook?.watch();
  return Object.freeze({
    auth,
    install: installation.install,
    beforeSaveUser: triggers.beforeSave,
    afterDeleteUser: triggers.afterDelete,
    beforeLogin: triggers.beforeLogin,
    afterLogin: triggers.afterLogin,
    requireFresh: (request: CloudRequest, stepUp?: StepUpOptions) => users.requireFresh(request, stepUp),
    challengePayment: (request: CloudRequest, payment: PaymentChallenge) => users.challengePayment(request, payment),
    verifyPayment: (request: CloudRequest, answer: PaymentAnswer) => users.verifyPayment(request, answer),
    sessionMethods: (request: CloudRequest) => users.sessionMethods(request),
    requireFactor: (request: CloudRequest, demand: MethodDemand) => users.requireFactor(request, demand),
    prune: ({ config }: Pick<CloudRequest, 'config'>) => prune(bridge, config),
    move: <Enrolment extends object>(request: AdminRequest, migration: MoveOptions<Enrolment>) =>
      move(bridge, request, migration),
    export: (request: AdminRequest) => exportUser(bridge, request),
    countEnrolled: (options?: CountOptions) => countUsers(bridge, auth, options),
    deliverWebhooks: ({ config }: Pick<CloudRequest, 'config'>) => deliverWebhooks(bridge, config),
    check: () => selfCheck.run(),
    checkGroup: () => checkGroup(selfCheck, clock),
  });
}
