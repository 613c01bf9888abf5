import { FactorConfigError } from '../../error/config-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import { choiceOption, type OptionRule, resolveOptions } from '../../validation/options.js';
import type { Bridge } from '../bridge.js';
import type { HookConfig } from '../parse-types.js';
import { bridged } from '../server/server.js';
import { canCheckPassword } from '../server/check-password.js';
import { canUpdateUser } from '../server/update-user.js';
import { dashboardFunctions } from '../dashboard/dashboard-functions.js';
import { watchNewPasswords } from '../new-passwords.js';
import { prune } from './prune.js';
import { watchSessionCopies } from '../session-copies.js';
import { hideSessionTokens } from '../session-tokens.js';
import { RequestWrites } from '../writes/request-writes.js';
import { isGated, placeGate, placeGates } from '../writes/write-gate.js';
import { type GatedFactors, watchWrites } from '../writes/write-rules.js';
import type { AdminRequest } from './admin-request.js';
import {
  adminFunctions,
  type AdminFunctions,
  ownStatus,
  type SessionFunctions,
  sessionFunctions,
  STATUS_FUNCTION,
} from './cloud-functions.js';
import { EXPORT_FUNCTION, exportUser } from './export-user.js';
import { challengeFunctions, clientFunctions } from './client-functions.js';
import type { SaveRequest, TriggerRequest } from './cloud-request.js';
import { missingTriggers, shareTriggers, type Trigger, type TriggerSet } from './shared-triggers.js';

/** A trigger of `_User` that guards the factors. */
export type GuardTrigger = 'beforeSave' | 'afterDelete' | 'beforeLogin' | 'afterLogin';

/** Options of `install`. */
export interface InstallOptions {
  /**
   * Triggers that your application registers itself and that call the guard's functions; none by default.
   *
   * Your own triggers do not need it: they run after the guard's, whichever is registered first.
   */
  readonly except?: readonly GuardTrigger[];
  /** Whether to define the Cloud job `pruneFactors`, which calls `prune`; false by default. */
  readonly pruneJob?: boolean;
  /**
   * Whether to define the Cloud functions of {@link AdminFunctions}, which need the master key, and whether the master key may
   * call `factorsExport`; false by default.
   */
  readonly adminFunctions?: boolean;
  /**
   * Whether to define the Cloud functions that Parse Dashboard calls, which need the master key; false by default. The command
   * `parse-factors dashboard-config` prints the dashboard's configuration.
   */
  readonly dashboard?: boolean;
}

/** The part of `Parse` in Cloud Code that `install` uses. */
export interface ParseCloud {
  readonly Cloud: {
    job(name: string, work: (request: { readonly config?: unknown }) => Promise<unknown>): void;
    define(name: string, work: (request: AdminRequest) => Promise<unknown>, validator?: { readonly requireMaster: true }): void;
  };
}

type GuardFunction<Request> = (request: Request) => Promise<void>;

/** The guard's triggers. */
export interface GuardTriggers {
  readonly beforeSave: GuardFunction<SaveRequest>;
  readonly afterDelete: GuardFunction<TriggerRequest>;
  readonly beforeLogin: GuardFunction<TriggerRequest>;
  readonly afterLogin: GuardFunction<TriggerRequest>;
}

/** The function `install`, and the state of the installation for the self-check. */
export interface Installation {
  readonly install: (Parse?: ParseCloud, options?: InstallOptions) => void;
  /** The guard's triggers that Parse Server does not run in that application: all of them before `install`. */
  readonly missing: (appId: string) => readonly string[];
  /** Whether `install` was called but could not gate Parse Server's writes. */
  readonly leavesWritesOpen: (config: HookConfig) => boolean;
}

const TRIGGERS: readonly GuardTrigger[] = ['beforeSave', 'afterDelete', 'beforeLogin', 'afterLogin'];

const RULES: { readonly [Name in keyof Required<InstallOptions>]: OptionRule } = {
  except: {
    accepts: `a list of any of ${TRIGGERS.map((name) => JSON.stringify(name)).join(', ')}`,
    isValid: (value) => Array.isArray(value) && value.every((name) => choiceOption(...TRIGGERS).isValid(name)),
  },
  pruneJob: choiceOption(true, false),
  adminFunctions: choiceOption(true, false),
  dashboard: choiceOption(true, false),
};

/**
 * Prepares the guard; its `install` registers the guard with Parse Server, beside the application's own triggers.
 *
 * @param auth the adapters that the guard belongs to
 * @param examine checks the running server, for the Cloud function `factorsCheck`
 */
export function installer(
  bridge: Bridge,
  triggers: GuardTriggers,
  auth: Readonly<Record<string, unknown>>,
  examine: (request: AdminRequest) => Promise<unknown>,
): Installation {
  const serves = ({ auth: served = {} }: HookConfig): boolean => Object.keys(auth).some((key) => served[key] === auth[key]);
  // Parse Server calls each trigger with the request of its kind, so the cast is safe.
  const ours = Object.entries({ ...triggers }) as [GuardTrigger, Trigger][];
  const set: TriggerSet = { serves, triggers: {} };
  const emitUndecided: GatedFactors['emitUndecided'] = (config, userId) =>
    emitter(
      '',
      bridge.runtime,
      bridged(bridge, { config }),
      userId,
    )({
      type: 'misconfigured',
      reason: 'write_not_decided',
      isLogged: false,
    });
  const gated: GatedFactors = { composed: bridge.runtime, serves, isInstalled: false, emitUndecided };
  watchWrites(gated);
  return {
    install(Parse = (globalThis as unknown as { readonly Parse?: ParseCloud }).Parse, options = {}) {
      const resolved = resolveOptions<Required<InstallOptions>>('install', options, RULES, {
        except: [],
        pruneJob: false,
        adminFunctions: false,
        dashboard: false,
      });
      if (Parse?.Cloud === undefined)
        throw new FactorConfigError('install: Parse Server has not started; call install from Cloud Code or after the start');
      const { except } = resolved;
      const chosen = ours.map(([name, trigger]) => [name, except.includes(name) ? undefined : trigger] as const);
      set.triggers = Object.fromEntries(chosen);
      const appId: unknown = Reflect.get(Parse, 'applicationId');
      if (typeof appId !== 'string')
        throw new FactorConfigError('install: the first argument must be the Parse object of Cloud Code');
      if (!shareTriggers(set, appId) && except.length < ours.length) throw unreachable();
      watchSessionCopies();
      watchNewPasswords();
      gateDatabase(Parse);
      gated.isInstalled = true;
      defineCloudCode(bridge, Parse, resolved);
      Parse.Cloud.define('factorsCheck', (request) => examine(request), { requireMaster: true });
    },
    missing(appId) {
      const isInstalled = Object.keys(set.triggers).length > 0;
      return isInstalled ? missingTriggers(set, appId) : ours.map(([name]) => name);
    },
    leavesWritesOpen: ({ database }) => gated.isInstalled && !isGated(database, RequestWrites.handler),
  };
}

/** Gates all writes of Parse Server, and what clients read of sessions. In a bundle its modules cannot be found, but the running server can. */
function gateDatabase(Parse: object): void {
  placeGates(RequestWrites.handler);
  const { database } = (Reflect.get(Parse, 'Server') ?? {}) as Partial<HookConfig>;
  if (database !== undefined) placeGate(database, RequestWrites.handler);
  hideSessionTokens(database);
}

function defineCloudCode(
  bridge: Bridge,
  { Cloud }: ParseCloud,
  { pruneJob, adminFunctions: hasAdmin, dashboard }: Required<InstallOptions>,
): void {
  Cloud.define(STATUS_FUNCTION, (request) => ownStatus(bridge, request));
  Cloud.define(EXPORT_FUNCTION, (request) => exportUser(bridge, request, hasAdmin));
  for (const [name, work] of Object.entries<SessionFunctions[keyof SessionFunctions]>({ ...sessionFunctions(bridge) }))
    Cloud.define(name, work);
  const functions = Object.entries(clientFunctions(bridge));
  if (functions.length > 0 && !(canUpdateUser() && canCheckPassword())) throw modulesUnreachable();
  for (const [name, work] of [...functions, ...Object.entries(challengeFunctions(bridge))]) Cloud.define(name, work);
  if (pruneJob) Cloud.job('pruneFactors', ({ config }) => prune(bridge, config as HookConfig));
  const forMaster = { ...(hasAdmin && adminFunctions(bridge)), ...(dashboard && dashboardFunctions(bridge)) };
  for (const [name, work] of Object.entries<AdminFunctions[keyof AdminFunctions]>(forMaster))
    Cloud.define(name, work, { requireMaster: true });
}

const modulesUnreachable = (): FactorConfigError =>
  new FactorConfigError(
    'install: options "passwordReset" and "addressVerification" need the modules of Parse Server, which cannot be found, for example because it is bundled; leave the options out',
  );

const unreachable = (): FactorConfigError =>
  new FactorConfigError(
    `install: Parse Server's triggers cannot be reached, for example because it is bundled. Register the triggers of _User yourself, call factors.beforeSaveUser, afterDeleteUser, beforeLogin and afterLogin in them, and list them: install(Parse, { except: ${JSON.stringify(TRIGGERS)} })`,
  );
