import type { EnrolmentRecord } from '../account/enrolment-record.js';
import { type FactorChange, secondFactors, standInFactors, storedAmong } from '../account/factor-roles.js';
import { planToEnrolAtLogin, planToRemove } from '../account/record-transitions.js';
import {
  Freshness,
  type FreshnessOptions,
  type ProofAccount,
  type ProofKind,
  PROOFS,
  type SessionOwner,
} from '../account/step-up-proofs.js';
import { FactorError } from '../error/factor-error.js';
import { emitter } from '../events/event-dispatcher.js';
import type { FactorUser } from '../factor/context.js';
import type { Factor } from '../factor/factor.js';
import type { HookUser } from '../parse/parse-types.js';
import { authDataOf, revokeSessions } from '../parse/parse-user.js';
import { commit } from '../parse/record-plan.js';
import { everyStep } from './every-step.js';
import type { AskedRequest } from './factor-context.js';
import { changeRecord } from './record-change.js';
import type { FactorRuntime } from './runtime.js';
import { waysIn } from './ways-in.js';

/** A user's account during one request: its factors, what his session has proven, and what a change of a factor ends. */
export class Account {
  readonly #runtime: FactorRuntime;
  readonly #request: AskedRequest;
  readonly #user: FactorUser;
  readonly #session: HookUser | undefined;

  /**
   * @param user the whole stored row of the user
   * @param session the user's own session, where there is one
   */
  constructor(runtime: FactorRuntime, request: AskedRequest, user: FactorUser, session?: HookUser) {
    this.#runtime = runtime;
    this.#request = request;
    this.#user = user;
    this.#session = session;
  }

  /** Whether the user has set up a second factor; what only stands in for one is none. */
  get hasSecondFactor(): boolean {
    return storedAmong(this.#authData, secondFactors(this.#runtime)).length > 0;
  }

  /** Whether the session has lately answered a factor that counts. */
  async isFresh(options: FreshnessOptions = {}): Promise<boolean> {
    return (await this.#freshness('fresh').find(this.#sessionOwner, this.#proofAccount, options)) !== undefined;
  }

  /** @throws FactorError `fresh_proof_required` */
  async requireFresh(options: FreshnessOptions = {}): Promise<void> {
    if (!(await this.isFresh(options))) throw new FactorError('fresh_proof_required');
  }

  /**
   * Uses up what made the session fresh.
   *
   * @throws FactorError `fresh_proof_required`
   */
  async spendProof(): Promise<void> {
    const freshness = this.#freshness('fresh');
    const proof = await freshness.find(this.#sessionOwner, this.#proofAccount);
    if (proof === undefined || !(await freshness.spend(this.#sessionOwner, proof))) throw new FactorError('fresh_proof_required');
  }

  /** Until when a proof that is given now makes the session fresh, in epoch milliseconds. */
  freshUntil(): number {
    return this.#runtime.clock() + this.#runtime.freshMs;
  }

  /** Makes the session fresh by a factor. */
  markFresh(factor: string, until: number): Promise<void> {
    return this.#freshness('fresh').mark(this.#sessionOwner, factor, until);
  }

  /**
   * Whether the session may set something up. Without a second factor one may be; anything beside it
   * needs a fresh proof by one; and what stands in for a factor needs that, or as much as it says, and
   * a factor. What signs in alone is changed with a proof of what it was before, and added beside
   * others with a proof of one of them: a second factor that a stolen session has set up is none.
   *
   * @param key that of what is set up
   * @throws FactorError `fresh_proof_required`, `enrolment_required`
   */
  async requireProofToEnrol(key: string): Promise<void> {
    const { standIn, signIn, alone } = this.#runtime.factors[key] ?? {};
    if (standIn !== undefined && !this.hasSecondFactor) throw new FactorError('enrolment_required');
    const ways = signIn === undefined && alone === undefined ? [] : waysIn(this.#runtime, this.#authData);
    if (ways.length > 0) {
      await this.requireFresh({ factors: signIn !== undefined && ways.includes(key) ? [key] : ways });
      return;
    }
    // Recovery codes left alone are no account without a factor: only an administrator ends that.
    if (this.hasSecondFactor || storedAmong(this.#authData, standInFactors(this.#runtime)).length > 0) {
      if (standIn === 'login' && (await this.#hasJustLoggedIn())) return;
      // A recovery code changes factors, and lets no device do without them.
      await this.requireFresh(standIn === 'login' ? { factors: secondFactors(this.#runtime) } : {});
    }
  }

  /** Ends what any session of the user has proven. */
  async endProofs(): Promise<void> {
    const owner = { appId: this.#appId, userId: this.#user.id };
    await everyStep(PROOFS.map((kind) => () => this.#freshness(kind).end(owner)));
  }

  /** After these were removed: ends what hung on them. */
  async afterRemoval(keys: readonly string[]): Promise<void> {
    const change = keys.find((key) => !standInFactors(this.#runtime).includes(key));
    await everyStep([
      async () => {
        if (change !== undefined) await this.endWhatDependsOn('removed', change);
      },
      () => this.endProofs(),
    ]);
  }

  /** Removes these at once, what stands in for a factor with the last one, and what hung on them. */
  async remove(keys: readonly string[]): Promise<void> {
    await commit({ config: this.#request.config, userId: this.#user.id, row: this.#user }, planToRemove(this.#runtime, keys));
    await this.afterRemoval(keys);
  }

  /**
   * Stores what a login has set up, ends what that ends, and tells of it.
   *
   * @throws FactorError `session_required` when another factor was set up or removed meanwhile
   */
  async storeEnrolled(records: Readonly<Record<string, EnrolmentRecord>>): Promise<void> {
    await commit(
      { config: this.#request.config, userId: this.#user.id, row: this.#user },
      planToEnrolAtLogin(this.#runtime, this.#authData, records),
    );
    const keys = Object.keys(records);
    await this.endWhatDependsOn('enrolled', keys[0] ?? '');
    for (const key of keys) this.#emitter(key)({ type: 'enrolled', purpose: 'enrolment' });
  }

  /** Ends the trust in devices; gives the keys under which there was any. */
  async endTrust(): Promise<readonly string[]> {
    const { config } = this.#request;
    const ended: string[] = [];
    for (const [key, factor] of Object.entries<Factor<object>>(this.#runtime.factors)) {
      const shorten = (enrolment: object): object | undefined => {
        const left = factor.afterChange(enrolment);
        return left === enrolment ? undefined : left;
      };
      const place = { runtime: this.#runtime, config, user: this.#user, key };
      if (factor.standIn !== undefined && (await changeRecord(place, shorten)) !== undefined) ended.push(key);
    }
    return ended;
  }

  /**
   * What a change of a factor, or of the password, ends: trust in devices; and, when a factor has
   * changed and the options say so, the user's sessions but for this one.
   *
   * @param factor the key of the factor that has changed
   */
  async endWhatDependsOn(change: FactorChange | 'password', factor: string): Promise<void> {
    await everyStep([
      async () => {
        for (const key of await this.endTrust()) this.#emitter(key)({ type: 'device_revoked', reason: change });
      },
      async () => {
        if (change === 'password' || !this.#runtime.revokeSessionsOn.includes(change)) return;
        await this.endOtherSessions(factor, change);
      },
    ]);
  }

  /** Ends the user's sessions but for this one. */
  async endOtherSessions(factor: string, reason: FactorChange | 'recovery'): Promise<void> {
    const sessions = await revokeSessions(this.#request.config, this.#user.id, this.#session?.getSessionToken());
    if (sessions > 0) this.#emitter(factor)({ type: 'sessions_revoked', reason });
  }

  /** Whether the session was lately opened with an answer of that factor, which stood in for another. */
  async isRecovering(factor: string): Promise<boolean> {
    const options = { factors: [factor] };
    return (await this.#freshness('recovery').find(this.#sessionOwner, this.#proofAccount, options)) !== undefined;
  }

  async #hasJustLoggedIn(): Promise<boolean> {
    return (await this.#freshness('login').find(this.#sessionOwner, this.#proofAccount)) !== undefined;
  }

  #emitter(key: string): ReturnType<typeof emitter> {
    return emitter(key, this.#runtime, this.#request, this.#user);
  }

  #freshness(kind: ProofKind): Freshness {
    return new Freshness(this.#runtime.storeFor(this.#request.config), this.#runtime.clock, kind);
  }

  get #proofAccount(): ProofAccount {
    return proofAccount(this.#runtime, async () => this.#authData, 'factors');
  }

  get #appId(): string {
    return this.#request.config.appId;
  }

  get #authData(): Readonly<Record<string, unknown>> {
    return authDataOf(this.#user);
  }

  get #sessionOwner(): SessionOwner {
    const sessionToken = this.#session?.getSessionToken();
    if (sessionToken === undefined) throw new FactorError('session_required');
    return { appId: this.#appId, userId: this.#user.id, sessionToken };
  }
}

/**
 * What the worth of a user's proofs depends on: where there is a second factor, a proof by what alone
 * signs in is not good enough; and one by a recovery code is good for changing `factors` only.
 *
 * @param authData reads what is stored of the user; not asked for where it does not matter
 */
export const proofAccount = (
  runtime: FactorRuntime,
  authData: () => Promise<Readonly<Record<string, unknown>>>,
  use: 'factors' | 'application',
): ProofAccount => ({
  counts: async (key) => {
    const { signIn, standIn } = runtime.factors[key] ?? {};
    if (standIn !== undefined) return use === 'factors';
    return signIn === undefined || storedAmong(await authData(), secondFactors(runtime)).length === 0;
  },
});
