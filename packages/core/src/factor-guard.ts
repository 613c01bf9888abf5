import { emitter } from './emitter.js';
import { FactorError } from './factor-error.js';
import { FactorRequest } from './factor-request.js';
import { realFactors, storedAmong, type FactorRuntime } from './factor-runtime.js';
import type { FactorUser } from './factor.js';
import { Freshness, type FreshnessOptions, type SessionOwner } from './freshness.js';
import { asUser } from './login-request.js';
import { traceOf } from './login-trace.js';
import { answering } from './parse-fault.js';
import type { HookConfig, HookObject, HookUser } from './parse-hooks.js';
import { authDataOf, fetchUser, roleNames } from './parse-user.js';
import { subjectOf } from './subject.js';

/** The user of the session behind a Cloud Code request; a `Parse.User` is one. */
export interface CloudUser {
  readonly id?: string | undefined;
  getSessionToken(): string | null | undefined;
}

/** The part of a Cloud Code request (trigger, function or validator) that is used here; Parse's own types fit. */
export interface CloudRequest {
  readonly user?: CloudUser | undefined;
  readonly master?: boolean | undefined;
  readonly ip?: string;
  readonly installationId?: string;
  readonly config: HookConfig;
}

/** The part of a trigger's request that is used here. */
export interface TriggerRequest extends CloudRequest {
  readonly object: HookObject;
}

/** The part of a `beforeSave` trigger's request that is used here. */
export interface SaveRequest extends TriggerRequest {
  readonly object: HookObject & { set(field: string, value: unknown): unknown };
}

/**
 * What Parse Server leaves open around factors: it unlinks a provider for whoever holds a
 * session, lets in whoever has no factor, and keeps what a deleted user leaves behind.
 */
export class FactorGuard {
  readonly #runtime: FactorRuntime;

  constructor(runtime: FactorRuntime) {
    this.#runtime = runtime;
  }

  /** Passes if the session is fresh; one statement, and one more while what made it fresh is an enrolment. */
  requireFresh(request: CloudRequest, options: FreshnessOptions = {}): Promise<void> {
    return this.#answering(request, request.user?.id, '', async () => {
      const owner = sessionOwner(request);
      const proof = await this.#freshness(request).find(owner, (key) => this.#stored(request, owner.userId, key), options);
      if (proof === undefined) throw new FactorError('fresh_proof_required');
    });
  }

  /** Before a `_User` is saved: removing a factor spends a fresh proof; a new password ends what was proven. */
  beforeSave(request: SaveRequest): Promise<void> {
    const { object } = request;
    const { id } = object;
    const given = authDataOf(object);
    const removed = Object.keys(this.#runtime.factors).filter((key) => given[key] === null);
    const hasPassword = object.get('password') !== undefined;
    if (id === undefined || (removed.length === 0 && !hasPassword)) return Promise.resolve();
    return this.#answering(request, id, removed[0] ?? '', async () => {
      // The stored row, as `request.original` may lack protected fields.
      const user = await fetchUser(request.config, id);
      const enrolled = storedAmong(authDataOf(user), removed);
      if (enrolled.length > 0) await this.#remove(request, user, enrolled);
      const scope = this.#scope(request, user, '');
      if (enrolled.length > 0 || hasPassword) await scope.endProofs();
      if (hasPassword) await scope.endWhatDependsOn('password');
    });
  }

  /** After a `_User` was deleted: removes all that the store holds of him. */
  afterDelete(request: TriggerRequest): Promise<void> {
    const { id } = request.object;
    if (id === undefined) return Promise.resolve();
    return this.#answering(request, id, '', async () => {
      const user = asUser(request.object);
      for (const key of Object.keys(this.#runtime.factors)) await this.#scope(request, user, key).forget();
      await this.#scope(request, user, '').endProofs();
      await this.#runtime.storeFor(request.config).forget(subjectOf('first-factor', request.config.appId, id));
    });
  }

  /**
   * Before a login: refuses a user without any factor where the policy demands one. Whoever has one
   * is held to the policy by his factors themselves.
   */
  beforeLogin(request: TriggerRequest): Promise<void> {
    const { object, config } = request;
    return this.#answering(request, object.id, '', async () => {
      const user = asUser(object);
      const trace = traceOf(config, user.id);
      const { enrolled } = trace;
      delete trace.enrolled; // good for one login
      const all = realFactors(this.#runtime);
      // An anonymous user is no account yet.
      if (enrolled !== undefined || storedAmong(authDataOf(user), [...all, 'anonymous']).length > 0) return;
      const roles = (): Promise<readonly string[]> => roleNames(config, user.id);
      await this.#runtime.policy.assert({ user, roles, enrolled: [], given: [], hasStandIn: false, all });
    });
  }

  /** After a login: remembers for a while that its session was opened with a factor. */
  afterLogin(request: TriggerRequest): Promise<void> {
    const { object, config } = request;
    return this.#answering(request, object.id, '', async () => {
      const { id } = asUser(object);
      const trace = traceOf(config, id);
      const { answered } = trace;
      delete trace.answered; // good for one session
      if (answered === undefined) return;
      await this.#freshness(request, 'login').mark(sessionOwner(request), answered, this.#runtime.freshMs);
    });
  }

  async #remove(request: SaveRequest, user: FactorUser, removed: readonly string[]): Promise<void> {
    if (request.master !== true) await this.#spendProof(request, user.id);
    for (const key of removed) emitter(key, this.#runtime, request, user.id)({ type: 'removed' });
    const factors = realFactors(this.#runtime);
    const authData = authDataOf(user);
    if (!removed.some((key) => factors.includes(key))) return;
    if (storedAmong(authData, factors).every((key) => removed.includes(key))) {
      // What stands in for a factor goes with the last of them, in the same save.
      const left = storedAmong(authData, Object.keys(this.#runtime.factors)).map((key) => [key, null]);
      request.object.set('authData', { ...authDataOf(request.object), ...Object.fromEntries(left) });
    }
    await this.#scope(request, user, removed[0] ?? '').endWhatDependsOn('removed');
  }

  async #stored({ config }: CloudRequest, id: string, key: string): Promise<unknown> {
    return authDataOf(await fetchUser(config, id))[key];
  }

  async #spendProof(request: TriggerRequest, id: string): Promise<void> {
    const owner = sessionOwner(request);
    if (owner.userId !== id) throw new FactorError('session_required');
    const freshness = this.#freshness(request);
    const proof = await freshness.find(owner, (key) => this.#stored(request, id, key));
    if (proof === undefined || !(await freshness.spend(owner, proof))) throw new FactorError('fresh_proof_required');
  }

  #scope(request: CloudRequest, user: FactorUser, key: string): FactorRequest<object> {
    const token = request.user?.id === user.id ? (request.user.getSessionToken() ?? undefined) : undefined;
    const session: HookUser | undefined = token === undefined ? undefined : { id: user.id, getSessionToken: () => token };
    return new FactorRequest(key, this.#runtime, request, user, session);
  }

  #freshness({ config }: CloudRequest, kind: 'fresh' | 'login' = 'fresh'): Freshness {
    return new Freshness(this.#runtime.storeFor(config), this.#runtime.clock, kind);
  }

  #answering(request: CloudRequest, userId: string | undefined, key: string, work: () => Promise<void>): Promise<void> {
    return answering(emitter(key, this.#runtime, request, userId), work);
  }
}

/** Whose session asks. */
function sessionOwner({ user, config }: CloudRequest): SessionOwner {
  const sessionToken = user?.getSessionToken() ?? undefined;
  if (user?.id === undefined || sessionToken === undefined) throw new FactorError('session_required');
  return { appId: config.appId, userId: user.id, sessionToken };
}
