import { asObject } from '../../validation/json-object.js';
import { loggedToken } from './logged-token.js';
import { loadedModules } from '../loaded-modules.js';
import type { HookConfig } from '../parse-types.js';

/** The request that every trigger of `_User` receives. */
export interface SharedRequest {
  readonly config: HookConfig;
  readonly master?: boolean | undefined;
  /** The row, as the trigger receives it. */
  readonly object?: unknown;
  /** Set by a validator, to make Parse Server skip the trigger. */
  skipWithMasterKey?: boolean;
}

/** A trigger function, as Parse Server calls it. */
export type Trigger = (request: SharedRequest) => unknown;

/** The triggers of one composed set of factors, by Parse Server's names for them. */
export interface TriggerSet {
  /** Whether the set serves the server that a request came to. */
  readonly serves: (config: HookConfig) => boolean;
  /** The triggers; undefined for one that the application calls from its own. */
  triggers: Readonly<Record<string, Trigger | undefined>>;
}

/** The part of Parse Server's module `lib/triggers` that is used here. */
interface TriggerModule {
  addTrigger(type: string, className: string, handler: Trigger, appId: string, validator?: unknown): unknown;
  removeTrigger(type: string, className: string, appId: string): unknown;
  getTrigger(className: string, type: string, appId: string): Trigger | undefined;
  getValidator(name: string, appId: string): unknown;
}

/** One kind of trigger in one application: the guard's, then the application's own. */
interface Place {
  readonly sets: TriggerSet[];
  readonly theirs: Trigger | undefined;
  readonly validator: unknown;
  /** The combined trigger that Parse Server calls. */
  readonly run: Trigger;
}

const USER = '_User';
/** A symbol on the module, so that copies of this package share it (one by `import`, one by `require`). */
const SHARED = Symbol.for('parse-factors.shared-triggers');

/**
 * Lets the guard and the application share Parse Server's triggers. One instance wraps one copy of Parse Server's trigger
 * list.
 *
 * Parse Server keeps only the last trigger of a kind for each class. Here both run, in whichever order they are registered, by
 * Cloud Code or as a webhook.
 */
class SharedTriggers {
  readonly #places = new Map<string, Place>();
  readonly #module: TriggerModule;
  readonly #add: TriggerModule['addTrigger'];
  readonly #remove: TriggerModule['removeTrigger'];

  private constructor(module: TriggerModule) {
    this.#module = module;
    this.#add = module.addTrigger;
    this.#remove = module.removeTrigger;
    module.addTrigger = (type, className, handler, appId, validator) =>
      this.#change(type, className, appId, { theirs: handler, validator }) ||
      this.#add(type, className, handler, appId, validator);
    module.removeTrigger = (type, className, appId) =>
      this.#change(type, className, appId, { theirs: undefined, validator: undefined }) || this.#remove(type, className, appId);
  }

  static of(module: TriggerModule): SharedTriggers {
    const known: unknown = Reflect.get(module, SHARED);
    if (known !== undefined) return known as SharedTriggers;
    const shared = new SharedTriggers(module);
    Reflect.set(module, SHARED, shared);
    return shared;
  }

  share(set: TriggerSet, type: string, appId: string): void {
    const place = this.#places.get(nameOf(type, appId));
    const registered = this.#module.getTrigger(USER, type, appId);
    // Parse Server may have removed all triggers since, the application's own included.
    const { theirs, validator } =
      place !== undefined && registered === place.run
        ? place
        : { theirs: registered, validator: this.#module.getValidator(`${type}.${USER}`, appId) };
    const sets = place?.sets ?? [];
    const others = sets.filter((other) => other !== set);
    this.#occupy(type, appId, { sets: [...others, set], theirs, validator });
  }

  /** Whether Parse Server runs the set's trigger. */
  runs(set: TriggerSet, type: string, appId: string): boolean {
    const place = this.#places.get(nameOf(type, appId));
    return place?.sets.includes(set) === true && this.#module.getTrigger(USER, type, appId) === place.run;
  }

  /** Whether the application has registered a trigger of its own. */
  hasTheirs(type: string, appId: string): boolean {
    return this.#places.get(nameOf(type, appId))?.theirs !== undefined;
  }

  /** Changes the application's own trigger in a shared place. Returns false when the place is not shared. */
  #change(type: string, className: string, appId: string, own: Pick<Place, 'theirs' | 'validator'>): boolean {
    const place = this.#places.get(nameOf(type, appId));
    if (className !== USER || place === undefined) return false;
    this.#occupy(type, appId, { ...own, sets: place.sets });
    return true;
  }

  #occupy(type: string, appId: string, { sets, theirs, validator }: Omit<Place, 'run'>): void {
    const skipped = new WeakSet<SharedRequest>();
    const { skipWithMasterKey, ...rules } = asObject(validator) ?? {};
    const isSkipped = (request: SharedRequest): boolean =>
      skipped.has(request) || (skipWithMasterKey === true && request.master === true);
    const run: Trigger = async (request) => {
      // Parse Server logs the object right after this call and after its end. In between the application sees all of it.
      const token = loggedToken(type === 'afterLogin' ? request.object : undefined);
      token.hide();
      try {
        for (const set of servingSets(sets, request.config)) await set.triggers[type]?.(request);
        if (isSkipped(request) || theirs === undefined) return undefined;
        token.show();
        return await theirs(request);
      } finally {
        token.hide();
      }
    };
    this.#places.set(nameOf(type, appId), { sets: [...sets], theirs, validator, run });
    this.#remove(type, USER, appId); // avoids Parse Server's warning about a duplicate
    const checked = typeof validator === 'function' ? noting(validator as Trigger, skipped) : validator && rules;
    this.#add(type, USER, Object.assign(run, theirs), appId, checked);
  }
}

/**
 * Registers the set's triggers beside the application's. Returns false when Parse Server's trigger list cannot be reached,
 * such as in a bundle.
 */
export function shareTriggers(set: TriggerSet, appId: string): boolean {
  const modules = triggerModules();
  for (const module of modules) for (const type of Object.keys(set.triggers)) SharedTriggers.of(module).share(set, type, appId);
  return modules.length > 0;
}

/**
 * Returns the set's triggers that Parse Server does not run. For triggers that the application calls, those that it has not
 * registered.
 */
export const missingTriggers = (set: TriggerSet, appId: string): string[] =>
  Object.keys(set.triggers).filter((type) => {
    const copies = triggerModules().map((module) => SharedTriggers.of(module));
    const isCalled = set.triggers[type] !== undefined || copies.some((copy) => copy.hasTheirs(type, appId));
    return copies.length > 0 && !(isCalled && copies.every((copy) => copy.runs(set, type, appId)));
  });

/**
 * Finds Parse Server's trigger lists, one in each copy that Node has loaded. `Parse.Cloud` shows neither registered triggers
 * nor webhooks.
 */
function triggerModules(): TriggerModule[] {
  const names = ['addTrigger', 'removeTrigger', 'getTrigger', 'getValidator'];
  const isTriggerModule = (exported: unknown): exported is TriggerModule =>
    names.every((name) => typeof asObject(exported)?.[name] === 'function');
  return loadedModules(isTriggerModule);
}

const nameOf = (type: string, appId: string): string => `${type} ${appId}`;

/**
 * Returns the sets that serve this request, or else the last set. A process may hold several, such as those of stopped
 * servers.
 */
function servingSets(sets: readonly TriggerSet[], config: HookConfig): readonly TriggerSet[] {
  const serving = sets.filter((set) => set.serves(config));
  return serving.length > 0 ? serving : sets.slice(-1);
}

/** Wraps the application's validator, so that it can skip the application's own trigger but never the guard's. */
const noting =
  (validator: Trigger, skipped: WeakSet<SharedRequest>): Trigger =>
  async (request) => {
    await validator(request);
    if (request.skipWithMasterKey !== true) return;
    skipped.add(request);
    request.skipWithMasterKey = false;
  };
