import { emitter } from './emitter.js';
import type { EnrolmentRecord } from './enrolment-record.js';
import { FactorError } from './factor-error.js';
import { realFactors, storedAmong, type FactorChange, type FactorRuntime } from './factor-runtime.js';
import type { Factor, FactorUser, StandIn } from './factor.js';
import { Freshness, type SessionOwner } from './freshness.js';
import type { HookRequest, HookUser } from './parse-hooks.js';
import { authDataOf, fetchUser, revokeSessions, writeRecords } from './parse-user.js';
import { changeRecord } from './record-change.js';
import { subjectOf } from './subject.js';

/** The part of a request that concerns an account. */
export type AccountRequest = Pick<HookRequest, 'ip' | 'installationId' | 'config'>;

/** A user's account during one request: its factors, what his session has proven, and what a change of a factor ends. */
export class Account {
  readonly #runtime: FactorRuntime;
  readonly #request: AccountRequest;
  readonly #user: FactorUser;
  readonly #session: HookUser | undefined;

  /**
   * @param user the whole stored row of the user
   * @param session the user's own session, where there is one
   */
  constructor(runtime: FactorRuntime, request: AccountRequest, user: FactorUser, session?: HookUser) {
    this.#runtime = runtime;
    this.#request = request;
    this.#user = user;
    this.#session = session;
  }

  /** Whether the user has set up any factor; what only stands in for one is none. */
  get hasAnyFactor(): boolean {
    return storedAmong(this.#authData, realFactors(this.#runtime)).length > 0;
  }

  /** Whether the session has lately answered a factor. */
  async isFresh(): Promise<boolean> {
    return (await this.#freshness('fresh').find(this.#sessionOwner, (key) => this.#authData[key])) !== undefined;
  }

  /** @throws FactorError `fresh_proof_required` */
  async requireFresh(): Promise<void> {
    if (!(await this.isFresh())) throw new FactorError('fresh_proof_required');
  }

  /**
   * Makes the session fresh by a factor; gives until when, in epoch milliseconds.
   *
   * @param record what is about to be stored, when setting the factor up is the proof
   */
  markFresh(factor: string, record?: EnrolmentRecord): Promise<number> {
    return this.#freshness('fresh').mark(this.#sessionOwner, factor, this.#runtime.freshMs, record);
  }

  /** Of several first factors at the same moment, one is the first; the others are beside it. */
  async claimFirstFactor(): Promise<void> {
    if (this.hasAnyFactor) return;
    // Five seconds are ample for the enrolment to be stored and seen.
    const key = subjectOf('first-factor', this.#appId, this.#user.id);
    const isFirst = await this.#runtime.storeFor(this.#request.config).claim(key, this.#runtime.clock() + 5000);
    if (!isFirst) await this.requireFresh();
  }

  /**
   * Whether the session may set something up: a first factor may be; one beside it needs a fresh
   * proof; and what stands in for a factor needs that, or as much as it says, and a factor.
   *
   * @throws FactorError `fresh_proof_required`, `enrolment_required`
   */
  async requireProofToEnrol(standIn: StandIn | undefined): Promise<void> {
    if (standIn !== undefined && !this.hasAnyFactor) throw new FactorError('enrolment_required');
    // Recovery codes left alone are no account without a factor: only an administrator ends that.
    if (storedAmong(this.#authData, Object.keys(this.#runtime.factors)).length === 0) return;
    if (standIn === 'login' && (await this.#hasJustLoggedIn())) return;
    await this.requireFresh();
  }

  /** Ends what any session of the user has proven. */
  async endProofs(): Promise<void> {
    for (const kind of ['fresh', 'login'] as const) {
      await this.#freshness(kind).end({ appId: this.#appId, userId: this.#user.id });
    }
  }

  /** Removes these, what stands in for a factor with the last one, and what hung on them. */
  async remove(keys: readonly string[]): Promise<void> {
    const factors = realFactors(this.#runtime);
    const isLast = this.hasAnyFactor && storedAmong(this.#authData, factors).every((key) => keys.includes(key));
    const removed = isLast ? storedAmong(this.#authData, Object.keys(this.#runtime.factors)) : keys;
    await this.#write(Object.fromEntries(removed.map((key) => [key, null])));
    await this.#sweepStandIns(); // somebody else may have removed another one
    await this.endProofs();
    const [change] = keys.filter((key) => factors.includes(key));
    if (change !== undefined) await this.endWhatDependsOn('removed', change);
  }

  /** Stores what was set up without Parse Server's help, ends what that ends, and tells of it. */
  async storeEnrolled(records: Readonly<Record<string, EnrolmentRecord>>): Promise<void> {
    await this.#write(records);
    const keys = Object.keys(records);
    await this.endWhatDependsOn('enrolled', keys[0] ?? '');
    for (const key of keys) this.#emitter(key)({ type: 'enrolled', purpose: 'enrolment' });
  }

  /**
   * What stands in for a factor does not stay without one, should the last have been removed meanwhile.
   *
   * @throws FactorError `enrolment_required`
   */
  async assertFactorLeft(): Promise<void> {
    if (await this.#sweepStandIns()) throw new FactorError('enrolment_required');
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
      if (factor.standIn !== undefined && (await changeRecord(place, shorten))) ended.push(key);
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
    for (const key of await this.endTrust()) this.#emitter(key)({ type: 'device_revoked', reason: change });
    if (change === 'password' || !this.#runtime.revokeSessionsOn.includes(change)) return;
    const sessions = await revokeSessions(this.#request.config, this.#user.id, this.#session?.getSessionToken());
    if (sessions > 0) this.#emitter(factor)({ type: 'sessions_revoked', reason: change });
  }

  /** Removes what stands in for a factor where there is none any more; whether there was none. */
  async #sweepStandIns(): Promise<boolean> {
    const authData = authDataOf(await fetchUser(this.#request.config, this.#user.id));
    if (storedAmong(authData, realFactors(this.#runtime)).length > 0) return false;
    const left = storedAmong(authData, Object.keys(this.#runtime.factors));
    if (left.length > 0) await this.#write(Object.fromEntries(left.map((key) => [key, null])));
    return true;
  }

  async #hasJustLoggedIn(): Promise<boolean> {
    return (await this.#freshness('login').find(this.#sessionOwner, () => undefined)) !== undefined;
  }

  #write(records: Readonly<Record<string, EnrolmentRecord | null>>): Promise<void> {
    return writeRecords(this.#request.config, this.#user.id, records);
  }

  #emitter(key: string): ReturnType<typeof emitter> {
    return emitter(key, this.#runtime, this.#request, this.#user.id);
  }

  #freshness(kind: 'fresh' | 'login'): Freshness {
    return new Freshness(this.#runtime.storeFor(this.#request.config), this.#runtime.clock, kind);
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
