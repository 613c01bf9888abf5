import { Account, proofAccount } from './account.js';
import { emitter } from './emitter.js';
import { markOf } from './enrolment-record.js';
import { FactorError } from './factor-error.js';
import { FactorRequest } from './factor-request.js';
import { firstFactors, linkedFactors, secondFactors, storedAmong, type FactorRuntime } from './factor-runtime.js';
import type { FactorUser } from './factor.js';
import { Freshness, type FreshnessOptions, type ProofAccount, type SessionOwner } from './freshness.js';
import { givenOf, type Given } from './given.js';
import { asUser } from './login-request.js';
import { traceOf } from './login-trace.js';
import { assertNoTransaction } from './parse-database.js';
import { answering } from './parse-fault.js';
import type { HookConfig, HookObject, HookUser } from './parse-hooks.js';
import { authDataOf, emptiesAuthData, endSession, fetchUser, findUser, hasOnly, roleNames } from './parse-user.js';
import type { StoredRecords } from './record-plan.js';
import { asObject } from './payload.js';
import { ProviderChecks, type LoginReply } from './provider-checks.js';
import { relinks } from './relinks.js';
import { rememberLogin } from './remember-login.js';
import { RequestWrites, type StagedSave } from './request-writes.js';
import { changeSince } from './session-check.js';
import { waysToProve } from './ways-in.js';

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
  /** The row as it is stored; left out for a new one. */
  readonly original?: { readonly id?: string };
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
      const proof = await this.#freshness(request).find(owner, this.#proofAccount(request, owner.userId), options);
      if (proof === undefined) throw new FactorError('fresh_proof_required');
    });
  }

  /**
   * Before a `_User` is saved: removing a factor spends a fresh proof, and is done here; linking
   * another provider beside a factor, or unlinking one, needs one; a new password ends what was proven.
   */
  beforeSave(request: SaveRequest): Promise<void> {
    const { object, original } = request;
    return this.#answering(request, original?.id, '', async () => {
      const { authData, hasPassword } = givenOf(object);
      // The id of `object` is what the body says; that of `original` is whose row it is.
      const id = original?.id;
      if (id === undefined) this.#assertStaged(request, '', authData);
      else if (object.id !== id) throw new FactorError('invalid_input');
      if (id === undefined || (Object.keys(authData).length === 0 && !hasPassword)) return;
      // The stored row, as `original` may lack protected fields.
      const user = await fetchUser(request.config, id);
      this.#assertStaged(request, id, authData, authDataOf(user));
      await this.#stageRemovals(request, user, { authData, hasPassword });
      // Parse Server refuses a request that has neither.
      if (hasPassword && (request.master === true || request.user !== undefined)) this.#stagePassword(request, user);
    });
  }

  /** Removals happen with Parse Server's own write, and spend the proof then. */
  async #stageRemovals(request: SaveRequest, user: FactorUser, given: Given): Promise<void> {
    const { factors } = this.#runtime;
    const { authData } = given;
    const stored = authDataOf(user);
    const nulls = Object.keys(authData).filter((key) => authData[key] === null);
    const removed = storedAmong(
      stored,
      nulls.filter((key) => Object.hasOwn(factors, key)),
    );
    const hasFactor = storedAmong(stored, secondFactors(this.#runtime)).length > 0;
    let proof: string | undefined;
    if (request.master !== true) {
      const ways = await waysToProve(this.#runtime, request.config, user, given);
      if (ways.length > 0) await this.#findProof(request, user, authData, { factors: ways });
      const isRelinking = hasFactor && ways.length === 0 && relinks(authData, stored, factors);
      proof = await this.#proveRemoval(request, user, authData, removed, isRelinking);
    }
    // Parse Server must not write a removal itself: what it removed might have been set up since.
    const unlinked = nulls.filter((key) => !Object.hasOwn(factors, key) && emptiesAuthData(request.config));
    const [carrier, ...done] = nulls.filter((key) => Object.hasOwn(factors, key) || unlinked.includes(key));
    if (carrier === undefined) return;
    const account = this.#account(request, user);
    const staged = RequestWrites.of(request.config).stage({
      userId: user.id,
      row: user,
      plan: account.planToRemove([...removed, ...unlinked]),
      answering: (work) => this.#answering(request, user.id, '', work),
      before: async () => {
        if (removed.length === 0 || request.master === true) return;
        if (!(await this.#freshness(request).spend(sessionOwner(request), proof ?? '')))
          throw new FactorError('fresh_proof_required');
      },
      after: async () => {
        if (removed.length === 0) return;
        await account.afterRemoval(removed);
        for (const key of removed) emitter(key, this.#runtime, request, user)({ type: 'removed' });
      },
    });
    const left = Object.entries(authData).filter(([key]) => !done.includes(key));
    request.object.set('authData', { ...Object.fromEntries(left), [carrier]: staged });
  }

  /** A new password ends what was proven, and trust in devices. */
  #stagePassword(request: SaveRequest, user: FactorUser): void {
    const account = this.#account(request, user);
    const after = async (): Promise<void> => {
      await account.endProofs();
      await account.endWhatDependsOn('password', '');
    };
    const answer: StagedSave['answering'] = (work) => this.#answering(request, user.id, '', work);
    const save = { userId: user.id, after, answering: answer };
    RequestWrites.of(request.config).stageWith(save, (update) => Object.hasOwn(update, '_hashed_password'));
  }

  /** After a `_User` was deleted: removes all that the store holds of him. */
  afterDelete(request: TriggerRequest): Promise<void> {
    const { id } = request.object;
    if (id === undefined) return Promise.resolve();
    return this.#answering(request, id, '', async () => {
      const user = asUser(request.object);
      for (const key of Object.keys(this.#runtime.factors)) await new FactorRequest(key, this.#runtime, request, user).forget();
      await this.#account(request, user).endProofs();
    });
  }

  /**
   * Before a login: refuses one that carries a session, as Parse Server then may ask none of the
   * factors; and a user without any factor where the policy demands one. Whoever has one is held to
   * the policy by his factors themselves, and so is who has nothing but what signs in alone: nothing
   * is proven yet here, and nothing may tell that there is such a user.
   */
  beforeLogin(request: TriggerRequest): Promise<void> {
    const { object, config } = request;
    return this.#answering(request, object.id, '', async () => {
      const user = asUser(object);
      const authData = authDataOf(user);
      const hasFactors = storedAmong(authData, Object.keys(this.#runtime.factors)).length > 0;
      if (hasFactors && request.user !== undefined && request.master !== true)
        throw new FactorError('invalid_input', { sentence: 'Log in without a session.' });
      assertNoTransaction(config.database);
      this.#watchSession(request, user);
      const trace = traceOf(config, user.id);
      const { hasEnrolled } = trace;
      trace.hasEnrolled = false; // good for one login
      const all = secondFactors(this.#runtime);
      if (hasEnrolled === true || storedAmong(authData, all).length > 0) return;
      const roles = (): Promise<readonly string[]> => roleNames(config, user.id);
      const asked = { user, roles, enrolled: [] };
      if (!(await this.#runtime.policy.demandsEnrolment(asked)) || (await hasOnly(config, user, firstFactors(this.#runtime))))
        return;
      await this.#runtime.policy.assert({ ...asked, given: [], hasStandIn: false, all });
    });
  }

  /**
   * A login that is under way while a factor changes must not outlive the change. The session is stored first, and the row
   * read then: either the change is seen here, or the session is seen where the change ends sessions.
   */
  #watchSession(request: TriggerRequest, user: FactorUser): void {
    const { config } = request;
    const checks = ProviderChecks.of(config);
    RequestWrites.of(config).onSession(user.id, (sessionToken) =>
      this.#answering(request, user.id, '', async () => {
        const owner = (): SessionOwner => ({ appId: config.appId, userId: user.id, sessionToken });
        const replies = checks.repliesTo(user.id);
        const isLooking = this.#runtime.revokeSessionsOn.length > 0 || replies.length > 0;
        const now = isLooking ? await findUser(config, user.id) : user;
        const change = now === undefined ? 'removed' : changeSince(this.#runtime, config, { before: user, now });
        if (now !== undefined && change === undefined) {
          this.#hideCredentials(request, now, replies);
          return rememberLogin(this.#runtime, request, user.id, owner);
        }
        await endSession(config, sessionToken);
        emitter('', this.#runtime, request, user.id)({ type: 'sessions_revoked', reason: change ?? 'removed' });
        const sentence = 'The sign-in methods of this account have just changed. Log in again.';
        throw new FactorError('factor_required', { sentence });
      }),
    );
  }

  /** Parse Server replies to a login by `authData` with what was sent and stored; the user sees what a factor shows. */
  #hideCredentials(request: TriggerRequest, user: FactorUser, replies: readonly LoginReply[]): void {
    if (request.master === true) return;
    for (const reply of replies) {
      const shown: Record<string, unknown> = { ...asObject(reply.authData) };
      for (const [key, factor] of Object.entries(this.#runtime.factors)) {
        delete shown[key];
        const scope = new FactorRequest(key, this.#runtime, request, user);
        if (scope.record !== undefined) shown[key] = scope.show(factor);
      }
      reply.authData = shown;
    }
  }

  /** After a login: remembers for a while that its session was opened with a factor, or with what stood in for one. */
  afterLogin(request: TriggerRequest): Promise<void> {
    const { object } = request;
    const work = () => rememberLogin(this.#runtime, request, asUser(object).id, () => sessionOwner(request));
    return this.#answering(request, object.id, '', work);
  }

  /** Where a linked id is sent along, Parse Server stores the rest as it came, asking nobody. */
  #assertStaged(
    request: SaveRequest,
    userId: string,
    authData: Readonly<Record<string, unknown>>,
    stored: StoredRecords = {},
  ): void {
    const writes = RequestWrites.of(request.config);
    const isOurs = (key: string): boolean => {
      if (authData[key] === null || writes.isStaged(userId, authData[key])) return true;
      const before = stored[key] ?? undefined;
      return request.master === true && before !== undefined && markOf(before) === markOf(authData[key]);
    };
    const given = Object.keys(this.#runtime.factors).filter((key) => Object.hasOwn(authData, key));
    if (!given.every(isOurs)) throw new FactorError('invalid_input');
  }

  #proofAccount({ config }: CloudRequest, id: string): ProofAccount {
    return proofAccount(this.#runtime, async () => authDataOf(await fetchUser(config, id)), 'application');
  }

  /**
   * What signs in alone goes with a proof of what signs in alone; everything else with one that counts.
   *
   * @returns the proof, where one was needed
   */
  async #proveRemoval(
    request: SaveRequest,
    user: FactorUser,
    authData: Readonly<Record<string, unknown>>,
    removed: readonly string[],
    isRelinking: boolean,
  ): Promise<string | undefined> {
    const first = linkedFactors(this.#runtime);
    const isFirst = removed.some((key) => first.includes(key));
    const isOther = isRelinking || removed.some((key) => !first.includes(key));
    const linked = storedAmong(authDataOf(user), first);
    const proof = isFirst ? await this.#findProof(request, user, authData, { factors: linked }) : undefined;
    // A recovery code changes factors, and links nothing.
    const options = isRelinking ? { factors: secondFactors(this.#runtime) } : {};
    return isOther ? this.#findProof(request, user, authData, options) : proof;
  }

  /** @throws FactorError `session_required`, `fresh_proof_required` */
  async #findProof(
    request: SaveRequest,
    user: FactorUser,
    authData: Readonly<Record<string, unknown>>,
    options: FreshnessOptions = {},
  ): Promise<string> {
    const owner = sessionOwner(request);
    if (owner.userId !== user.id) throw new FactorError('session_required');
    // What this very save is about to store counts as stored.
    const given = RequestWrites.of(request.config).preview(user.id, authData, authDataOf(user));
    const account = proofAccount(this.#runtime, async () => given, 'factors');
    const proof = await this.#freshness(request).find(owner, account, options);
    if (proof === undefined) throw new FactorError('fresh_proof_required');
    return proof;
  }

  #account(request: CloudRequest, user: FactorUser): Account {
    const token = request.user?.id === user.id ? (request.user.getSessionToken() ?? undefined) : undefined;
    const session: HookUser | undefined = token === undefined ? undefined : { id: user.id, getSessionToken: () => token };
    return new Account(this.#runtime, request, user, session);
  }

  #freshness({ config }: CloudRequest): Freshness {
    return new Freshness(this.#runtime.storeFor(config), this.#runtime.clock);
  }

  #answering<Result>(
    request: CloudRequest,
    userId: string | undefined,
    key: string,
    work: () => Promise<Result>,
  ): Promise<Result> {
    return answering(emitter(key, this.#runtime, request, userId), work);
  }
}

/** Whose session asks. */
function sessionOwner({ user, config }: CloudRequest): SessionOwner {
  const sessionToken = user?.getSessionToken() ?? undefined;
  if (user?.id === undefined || sessionToken === undefined) throw new FactorError('session_required');
  return { appId: config.appId, userId: user.id, sessionToken };
}
