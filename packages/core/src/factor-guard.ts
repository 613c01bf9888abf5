import { FactorError } from './factor-error.js';
import { emitter } from './factor-request.js';
import type { FactorRuntime } from './factor-runtime.js';
import { PURPOSES } from './factor.js';
import { Freshness, type FreshnessOptions, type SessionOwner } from './freshness.js';
import { answering } from './parse-fault.js';
import { fetchUser, type HookConfig, type HookObject, type HookUser } from './parse-hooks.js';
import { asObject } from './payload.js';
import { subjectOf } from './subject.js';

/** The part of a Cloud Code request (trigger, function or validator) that is used here. */
export interface CloudRequest {
  readonly user?: HookUser | undefined;
  readonly master?: boolean | undefined;
  readonly ip?: string;
  readonly config: HookConfig;
}

/** The part of a trigger's request that is used here. */
export interface TriggerRequest extends CloudRequest {
  readonly object: HookObject;
}

/**
 * What Parse Server leaves open around factors: it unlinks a provider for whoever holds a
 * session, and keeps what a deleted user leaves behind.
 */
export class FactorGuard {
  readonly #runtime: FactorRuntime;

  constructor(runtime: FactorRuntime) {
    this.#runtime = runtime;
  }

  /** Passes if the session is fresh; one statement, and one more while what made it fresh is an enrolment. */
  requireFresh(request: CloudRequest, options: FreshnessOptions = {}): Promise<void> {
    return this.#answering(request, request.user?.id, '', async () => {
      const sessionToken = request.user?.getSessionToken();
      if (request.user === undefined || sessionToken === undefined) throw new FactorError('session_required');
      const owner = { appId: request.config.appId, userId: request.user.id, sessionToken };
      const proof = await this.#freshness(request).find(owner, (key) => this.#stored(request, owner.userId, key), options);
      if (proof === undefined) throw new FactorError('fresh_proof_required');
    });
  }

  /** Before a `_User` is saved: removing a factor spends a fresh proof; a new password ends it. */
  beforeSave(request: TriggerRequest): Promise<void> {
    const { object, config, master } = request;
    const { id } = object;
    const given = asObject(object.get('authData')) ?? {};
    const removed = this.#runtime.factorKeys.filter((key) => given[key] === null);
    if (id === undefined || (removed.length === 0 && object.get('password') === undefined)) return Promise.resolve();
    return this.#answering(request, id, removed[0] ?? '', async () => {
      const enrolled = removed.length === 0 ? [] : await this.#enrolled(request, id, removed);
      if (enrolled.length > 0 && master !== true) await this.#spendProof(request, id);
      for (const key of enrolled) emitter(key, this.#runtime, request, id)({ type: 'removed' });
      if (enrolled.length > 0 || object.get('password') !== undefined)
        await this.#freshness(request).end({ appId: config.appId, userId: id });
    });
  }

  /** After a `_User` was deleted: removes all that the store holds of him. */
  afterDelete(request: TriggerRequest): Promise<void> {
    const { id } = request.object;
    if (id === undefined) return Promise.resolve();
    return this.#answering(request, id, '', async () => {
      for (const key of this.#runtime.factorKeys) await this.#forget(request, id, key);
      const { appId } = request.config;
      await this.#freshness(request).end({ appId, userId: id });
      await this.#runtime.storeFor(request.config).forget(subjectOf('first-factor', appId, id));
    });
  }

  async #stored({ config }: CloudRequest, id: string, key: string): Promise<unknown> {
    return asObject((await fetchUser(config, id)).get('authData'))?.[key];
  }

  async #enrolled({ config }: CloudRequest, id: string, keys: readonly string[]): Promise<string[]> {
    // The stored row, as `request.original` may lack protected fields.
    const authData = asObject((await fetchUser(config, id)).get('authData')) ?? {};
    return keys.filter((key) => (authData[key] ?? undefined) !== undefined);
  }

  async #spendProof(request: TriggerRequest, id: string): Promise<void> {
    const sessionToken = request.user?.getSessionToken();
    if (request.user?.id !== id || sessionToken === undefined) throw new FactorError('session_required');
    const owner: SessionOwner = { appId: request.config.appId, userId: id, sessionToken };
    const freshness = this.#freshness(request);
    const proof = await freshness.find(owner, (key) => this.#stored(request, id, key));
    if (proof === undefined || !(await freshness.spend(owner, proof))) throw new FactorError('fresh_proof_required');
  }

  async #forget({ config }: CloudRequest, userId: string, key: string): Promise<void> {
    const store = this.#runtime.storeFor(config);
    for (const purpose of PURPOSES) await store.forget(subjectOf('factor', config.appId, key, userId, purpose));
  }

  #freshness({ config }: CloudRequest): Freshness {
    return new Freshness(this.#runtime.storeFor(config), this.#runtime.clock);
  }

  #answering(request: CloudRequest, userId: string | undefined, key: string, work: () => Promise<void>): Promise<void> {
    return answering(emitter(key, this.#runtime, request, userId), work);
  }
}
