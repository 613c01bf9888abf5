import { markOf } from '../account/enrolment-record.js';
import { linkedFactors, secondFactors, storedAmong } from '../account/factor-roles.js';
import { relinks } from '../account/provider-changes.js';
import type { StoredRecords } from '../account/record-plan.js';
import { planToRemove } from '../account/record-transitions.js';
import { Freshness, type FreshnessOptions } from '../account/step-up-proofs.js';
import { FactorError } from '../error/factor-error.js';
import { emitter } from '../events/event-dispatcher.js';
import type { FactorUser } from '../factor/context.js';
import { Account, proofAccount } from '../flows/account.js';
import { everyStep } from '../flows/every-step.js';
import type { FactorRuntime } from '../flows/runtime.js';
import { waysToProve } from '../flows/ways-in.js';
import { type CloudRequest, type SaveRequest, sessionOf, sessionOwner } from './cloud-request.js';
import { answering } from './parse-errors.js';
import { authDataOf, emptiesAuthData, fetchUser } from './parse-user.js';
import { RequestWrites, type StagedSave } from './request-writes.js';
import { type Given, givenOf } from './sent-credentials.js';

/** Guards every save of a user. Parse Server itself unlinks a provider for any session of the user. */
export class SaveGuard {
  readonly #runtime: FactorRuntime;

  constructor(runtime: FactorRuntime) {
    this.#runtime = runtime;
  }

  /**
   * Before a `_User` is saved: removing a factor needs a fresh proof, and spends it; linking another provider
   * beside a factor, or unlinking one, needs one; a new password ends what was proven. All of that happens with Parse Server's
   * own write.
   */
  check(request: SaveRequest): Promise<void> {
    const { object, original } = request;
    return this.#answering(request, original?.id, async () => {
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
      bySession: true,
      plan: planToRemove(this.#runtime, [...removed, ...unlinked]),
      answering: (work) => this.#answering(request, user.id, work),
      before: async () => {
        if (removed.length === 0 || request.master === true) return;
        if (!(await this.#freshness(request).spend(sessionOwner(request), proof ?? '')))
          throw new FactorError('fresh_proof_required');
      },
      after: async () => {
        if (removed.length === 0) return;
        for (const key of removed) emitter(key, this.#runtime, request, user)({ type: 'removed' });
        await account.afterRemoval(removed);
      },
    });
    const left = Object.entries(authData).filter(([key]) => !done.includes(key));
    request.object.set('authData', { ...Object.fromEntries(left), [carrier]: staged });
  }

  /** A new password ends what was proven, and trust in devices. */
  #stagePassword(request: SaveRequest, user: FactorUser): void {
    const account = this.#account(request, user);
    const after = (): Promise<void> => everyStep([() => account.endProofs(), () => account.endWhatDependsOn('password', '')]);
    const answer: StagedSave['answering'] = (work) => this.#answering(request, user.id, work);
    const save = { userId: user.id, after, answering: answer };
    RequestWrites.of(request.config).stageWith(save, (update) => Object.hasOwn(update, '_hashed_password'));
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
    return new Account(this.#runtime, request, user, sessionOf(request, user.id));
  }

  #freshness({ config }: CloudRequest): Freshness {
    return new Freshness(this.#runtime.storeFor(config), this.#runtime.clock);
  }

  #answering<Result>(request: CloudRequest, userId: string | undefined, work: () => Promise<Result>): Promise<Result> {
    return answering(emitter('', this.#runtime, request, userId), work);
  }
}
