import type { AdminRequest } from './admin-request.js';
import { adminFunctions, type AdminFunctions } from './factor-admin.js';
import { FactorConfigError } from './factor-error.js';
import type { SaveRequest, TriggerRequest } from './factor-guard.js';
import type { FactorRuntime } from './factor-runtime.js';
import { choiceOption, resolveOptions, type OptionRule } from './options.js';
import type { HookConfig } from './parse-hooks.js';
import { pruneStore } from './prune.js';

/** A trigger of `_User` that guards the factors. */
export type GuardTrigger = 'beforeSave' | 'afterDelete' | 'beforeLogin' | 'afterLogin';

/** Options of `install`. */
export interface InstallOptions {
  /** Triggers that the application has itself, and calls the guard from; none by default. */
  readonly except?: readonly GuardTrigger[];
  /** Whether the Cloud job `pruneFactors` is defined, which deletes what is dead in the store; false by default. */
  readonly pruneJob?: boolean;
  /** Whether the Cloud functions of {@link AdminFunctions} are defined, for the master key alone; false by default. */
  readonly adminFunctions?: boolean;
}

type Trigger<Request> = (request: Request) => Promise<void>;

/** The part of `Parse` in Cloud Code that `install` uses. */
export interface ParseCloud {
  readonly Cloud: {
    beforeSave(className: '_User', trigger: Trigger<SaveRequest>): void;
    afterDelete(className: '_User', trigger: Trigger<TriggerRequest>): void;
    beforeLogin(trigger: Trigger<TriggerRequest>): void;
    afterLogin(trigger: Trigger<TriggerRequest>): void;
    job(name: string, work: (request: { readonly config?: unknown }) => Promise<unknown>): void;
    define(name: string, work: (request: AdminRequest) => Promise<unknown>, validator: { readonly requireMaster: true }): void;
  };
}

/** The guard's triggers. */
export interface GuardTriggers {
  readonly beforeSave: Trigger<SaveRequest>;
  readonly afterDelete: Trigger<TriggerRequest>;
  readonly beforeLogin: Trigger<TriggerRequest>;
  readonly afterLogin: Trigger<TriggerRequest>;
}

/** What `install` does, and whether it was done. */
export interface Installation {
  readonly isDone: boolean;
  readonly install: (Parse?: ParseCloud, options?: InstallOptions) => void;
}

const TRIGGERS: readonly GuardTrigger[] = ['beforeSave', 'afterDelete', 'beforeLogin', 'afterLogin'];

const RULES: { readonly [Name in keyof Required<InstallOptions>]: OptionRule } = {
  except: {
    accepts: `a list of any of ${TRIGGERS.map((name) => JSON.stringify(name)).join(', ')}`,
    isValid: (value) => Array.isArray(value) && value.every((name) => choiceOption(...TRIGGERS).isValid(name)),
  },
  pruneJob: choiceOption(true, false),
  adminFunctions: choiceOption(true, false),
};

/** Registers the guard with Parse Server; what an application's factors do not need stays free for its own triggers. */
export function installer(runtime: FactorRuntime, triggers: GuardTriggers): Installation {
  let isDone = false;
  const trustsDevices = Object.values(runtime.factors).some(({ standIn }) => standIn === 'login');
  return {
    get isDone() {
      return isDone;
    },
    install(Parse = (globalThis as unknown as { readonly Parse?: ParseCloud }).Parse, options = {}) {
      const resolved = resolveOptions<Required<InstallOptions>>('install', options, RULES, {
        except: [],
        pruneJob: false,
        adminFunctions: false,
      });
      if (Parse?.Cloud === undefined)
        throw new FactorConfigError('install: call it from Cloud Code, or once Parse Server has started');
      const { Cloud } = Parse;
      const has = (name: GuardTrigger): boolean => !resolved.except.includes(name);
      if (has('beforeSave')) Cloud.beforeSave('_User', triggers.beforeSave);
      if (has('afterDelete')) Cloud.afterDelete('_User', triggers.afterDelete);
      if (has('beforeLogin')) Cloud.beforeLogin(triggers.beforeLogin);
      if (has('afterLogin') && trustsDevices) Cloud.afterLogin(triggers.afterLogin);
      if (resolved.pruneJob)
        Cloud.job('pruneFactors', ({ config }) => pruneStore(runtime.storeFor(config as HookConfig), runtime.clock()));
      if (resolved.adminFunctions) {
        for (const [name, work] of Object.entries<AdminFunctions[keyof AdminFunctions]>({ ...adminFunctions(runtime) }))
          Cloud.define(name, work, { requireMaster: true });
      }
      isDone = true;
    },
  };
}
