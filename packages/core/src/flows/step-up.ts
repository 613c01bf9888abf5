import { requirementToEnrol } from '../account/change-rules.js';
import { secondFactors, storedAmong } from '../account/factor-roles.js';
import type { Session } from '../account/ports.js';
import type { StoredRecords } from '../account/records/record-plan.js';
import type { Runtime } from '../account/runtime.js';
import {
  type ProofAccount,
  type ProofKind,
  PROOFS,
  type SessionOwner,
  type StepUpOptions,
  StepUpProofs,
} from '../account/step-up-proofs.js';
import { everyStep } from '../error/every-step.js';
import { FactorError } from '../error/factor-error.js';
import { identityOf } from '../factor/primary-sign-in.js';
import type { MethodKind } from '../account/sessions/session-methods.js';
import type { AccountRequest } from './auth-request.js';
import { onlyWaysIn } from './recovery/only-ways-in.js';
import { addMethod } from './sessions/keep-methods.js';

/** The step-up proofs of the user's session. */
export class StepUp {
  readonly #at: AccountRequest;

  constructor(at: AccountRequest) {
    this.#at = at;
  }

  /** Whether the session has a valid step-up proof by a factor that counts. */
  async isFresh(options: StepUpOptions = {}): Promise<boolean> {
    return (await this.#find('fresh', options)) !== undefined;
  }

  /** Requires a step-up proof. @throws FactorError `fresh_proof_required`, `session_required` */
  async require(options: StepUpOptions = {}): Promise<void> {
    if (!(await this.isFresh(options))) throw new FactorError('fresh_proof_required');
  }

  /**
   * Uses up the session's step-up proof, so that it allows one removal.
   *
   * @throws FactorError `fresh_proof_required`
   */
  async spend(options: StepUpOptions = {}): Promise<void> {
    const proof = await this.#find('fresh', options);
    const isSpent = proof !== undefined && (await this.#proofs('fresh').spend(this.#owner, proof));
    if (!isSpent) throw new FactorError('fresh_proof_required');
  }

  /** Returns when a proof that is recorded now ends, in epoch milliseconds. */
  freshUntil(): number {
    return this.#at.runtime.clock() + this.#at.runtime.freshMs;
  }

  /**
   * Records a step-up proof by a factor, valid until that time in epoch milliseconds.
   *
   * @param kind `backup` if a backup authenticator has replaced the factor
   */
  async mark(factor: string, until: number, kind: MethodKind = 'factor'): Promise<void> {
    const { runtime, request, session } = this.#at;
    await this.#proofs('fresh').record(this.#owner, factor, until);
    if (session !== undefined) await addMethod(runtime, request, { method: factor, kind, session });
  }

  /**
   * Resolves if the session may set a factor up; see {@link requirementToEnrol}.
   *
   * @param key the key of that factor
   * @throws FactorError `fresh_proof_required`, `enrolment_required`, `not_enrolled`
   */
  async requireToEnrol(key: string): Promise<void> {
    const requirement = requirementToEnrol(key, this.#at.account.stored, this.#at.runtime);
    if (requirement.kind === 'factor-first') throw new FactorError('enrolment_required');
    if (requirement.kind === 'administrator') throw new FactorError('not_enrolled');
    if (requirement.kind === 'nothing') return;
    if (requirement.orRecentSignIn && (await this.#find('login')) !== undefined) return;
    await this.require((await this.#proofOfOnlyWayIn()) ?? requirement.proof);
  }

  /**
   * Resolves if the session may remove one of several enrolments of a factor, and returns what {@link spend} takes.
   *
   * @throws FactorError `fresh_proof_required`
   */
  async requireToReduce(): Promise<StepUpOptions> {
    const proof = (await this.#proofOfOnlyWayIn()) ?? {};
    await this.require(proof);
    return proof;
  }

  /** Whether the session was recently opened with an answer of that backup authenticator. */
  async isRecovering(factor: string): Promise<boolean> {
    return (await this.#find('recovery', { factors: [factor] })) !== undefined;
  }

  /** Ends the step-up proofs of all sessions of the user. */
  async endAll(): Promise<void> {
    const owner = { appId: this.#at.request.server.appId, userId: this.#at.account.id };
    await everyStep(PROOFS.map((kind) => () => this.#proofs(kind).end(owner)));
  }

  /** What changes of the factors need on an account with only one way in; undefined for any other account. */
  async #proofOfOnlyWayIn(): Promise<StepUpOptions | undefined> {
    const { runtime, request, account } = this.#at;
    const only = await onlyWaysIn(runtime, request.server, account);
    return only.length === 0 ? undefined : { factors: only };
  }

  #find(kind: ProofKind, options: StepUpOptions = {}): Promise<string | undefined> {
    const { runtime, account } = this.#at;
    return this.#proofs(kind).find(
      this.#owner,
      proofAccount(runtime, async () => account.stored, 'factors'),
      options,
    );
  }

  #proofs(kind: ProofKind): StepUpProofs {
    return new StepUpProofs(this.#at.request.server.store, this.#at.runtime.clock, kind);
  }

  get #owner(): SessionOwner {
    return ownerOf(this.#at.request.server.appId, this.#at.session);
  }
}

/** Returns the owner of a session's proofs. @throws FactorError `session_required` without a session */
export function ownerOf(appId: string, session: Session | undefined): SessionOwner {
  if (session === undefined) throw new FactorError('session_required');
  return { appId, userId: session.userId, sessionToken: session.token };
}

/**
 * Decides which proofs of a user count. If there is a second factor, a proof by a primary factor does not count. A proof by a
 * recovery code counts for changing `factors` only.
 *
 * @param stored reads the user's stored records; not called when they do not matter
 */
export const proofAccount = (
  runtime: Pick<Runtime, 'factors'>,
  stored: () => Promise<StoredRecords>,
  use: 'factors' | 'application',
): ProofAccount => ({
  counts: async (key) => {
    const factor = runtime.factors[key];
    if (factor?.backup !== undefined) return use === 'factors';
    return identityOf(factor) === undefined || storedAmong(await stored(), secondFactors(runtime)).length === 0;
  },
});
