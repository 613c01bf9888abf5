import {
  openEnrolment,
  sealEnrolment,
  type EnrolmentRecord,
  type OpenedEnrolment,
  type RecordOwner,
} from './enrolment-record.js';
import { emitter } from './emitter.js';
import { FactorError } from './factor-error.js';
import {
  factorSubject,
  PURPOSES,
  type EnrolledContext,
  type Factor,
  type FactorUser,
  type Reply,
  type StandIn,
} from './factor.js';
import { realFactors, storedAmong, type FactorChange, type FactorRuntime } from './factor-runtime.js';
import { Freshness, type SessionOwner } from './freshness.js';
import type { HookConfig, HookRequest, HookUser } from './parse-hooks.js';
import { authDataOf, fetchUser, replaceRecord, revokeSessions, writeRecords } from './parse-user.js';
import { subjectOf } from './subject.js';

/** Losing this many races for one record means that something else is wrong. */
const MAX_ROUNDS = 32;

/** One user and one factor during one request: what is stored of them, and whether the session is fresh. */
export class FactorRequest<Enrolment extends object> {
  /** What the factor works with. */
  readonly context: EnrolledContext<Enrolment>;
  readonly #runtime: FactorRuntime;
  readonly #request: Pick<HookRequest, 'ip' | 'installationId' | 'config'>;
  readonly #user: FactorUser;
  readonly #session: HookUser | undefined;
  readonly #owner: RecordOwner;

  /**
   * @param key the factor's key in `auth`
   * @param user the whole stored row of the user
   * @param session the user's own session, where there is one
   */
  constructor(
    key: string,
    runtime: FactorRuntime,
    request: Pick<HookRequest, 'ip' | 'installationId' | 'config'>,
    user: FactorUser,
    session?: HookUser,
  ) {
    const { keyring, clock, random, storeFor } = runtime;
    const { ip, installationId, config } = request;
    const { appId } = config;
    this.#runtime = runtime;
    this.#request = request;
    this.#user = user;
    this.#session = session;
    this.#owner = { appId, userId: user.id, key };
    const emit = emitter(key, runtime, request, user.id);
    const change: EnrolledContext<Enrolment>['change'] = (work) => this.change(work);
    this.context = { key, appId, user, ip, installationId, store: storeFor(config), keyring, clock, random, emit, change };
  }

  /** The configuration that the request runs with. */
  get config(): HookConfig {
    return this.#request.config;
  }

  /** What stands in `authData` for the factor, as it is stored. */
  get record(): unknown {
    return this.#authData[this.#owner.key] ?? undefined;
  }

  /** The keys of the factors that the user has set up; what only stands in for one is left out. */
  get enrolledFactors(): string[] {
    return storedAmong(this.#authData, realFactors(this.#runtime));
  }

  /** Whether the user has set up any factor. */
  get hasAnyFactor(): boolean {
    return this.enrolledFactors.length > 0;
  }

  /**
   * The user's enrolment, or undefined when there is none.
   *
   * @throws FactorError `unavailable` when there is one that does not open
   */
  findEnrolment(): OpenedEnrolment<Enrolment> | undefined {
    return this.record === undefined ? undefined : openEnrolment<Enrolment>(this.#runtime.keyring, this.#owner, this.record);
  }

  /**
   * The user's enrolment.
   *
   * @throws FactorError `not_enrolled`, or `unavailable` when it does not open
   */
  get enrolment(): OpenedEnrolment<Enrolment> {
    const opened = this.findEnrolment();
    if (opened === undefined) throw new FactorError('not_enrolled');
    return opened;
  }

  /** The enrolment as it is to be stored. */
  seal(enrolment: Enrolment): EnrolmentRecord {
    return sealEnrolment(this.#runtime.keyring, this.#owner, enrolment);
  }

  /**
   * Changes the stored record in one atomic step, as {@link EnrolledContext.change} says.
   *
   * @throws FactorError `unavailable` when it does not open, or when others keep changing it
   */
  async change(work: (enrolment: Enrolment) => Enrolment | undefined): Promise<boolean> {
    const { keyring } = this.#runtime;
    let { record } = this;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      if (record === undefined) return false;
      const { enrolment, sealed } = openEnrolment<Enrolment>(keyring, this.#owner, record);
      const changed = work(enrolment);
      if (changed === undefined) return false;
      if (await replaceRecord(this.config, this.#owner, sealed, this.seal(changed))) return true;
      const user = await fetchUser(this.config, this.#owner.userId);
      record = authDataOf(user)[this.#owner.key] ?? undefined;
    }
    throw new FactorError('unavailable');
  }

  /** What is shown of the enrolment; `unreadable` where it does not open. */
  status(factor: Factor<Enrolment> | undefined): Reply {
    try {
      return { status: 'enabled', ...factor?.describe(this.enrolment.enrolment) };
    } catch {
      return { status: 'unreadable' };
    }
  }

  /** Removes all that the store holds of the user and the factor. */
  async forget(): Promise<void> {
    for (const purpose of PURPOSES) await this.context.store.forget(factorSubject(this.context, purpose));
  }

  /** Ends every lock; codes on their way stay good, and used ones stay used. */
  async pardon(): Promise<void> {
    for (const purpose of PURPOSES) await this.context.store.pardon(factorSubject(this.context, purpose));
  }

  /** Removes these, what stands in for a factor with the last one, and what hung on them. */
  async remove(keys: readonly string[]): Promise<void> {
    const isLast = this.hasAnyFactor && this.enrolledFactors.every((key) => keys.includes(key));
    const removed = isLast ? storedAmong(this.#authData, Object.keys(this.#runtime.factors)) : keys;
    await writeRecords(this.config, this.#user.id, Object.fromEntries(removed.map((key) => [key, null])));
    await this.sweepStandIns(); // somebody else may have removed another one
    await this.endProofs();
    if (keys.some((key) => realFactors(this.#runtime).includes(key))) await this.endWhatDependsOn('removed');
  }

  /** Ends what any session of the user has proven. */
  async endProofs(): Promise<void> {
    for (const kind of ['fresh', 'login'] as const) {
      await new Freshness(this.context.store, this.#runtime.clock, kind).end(this.#owner);
    }
  }

  /** Ends the trust in devices; gives the keys under which there was any. */
  async endTrust(): Promise<readonly string[]> {
    const ended: string[] = [];
    for (const [key, factor] of Object.entries<Factor<object>>(this.#runtime.factors)) {
      const beside = new FactorRequest<object>(key, this.#runtime, this.#request, this.#user, this.#session);
      const shorten = (enrolment: object): object | undefined => {
        const left = factor.afterChange(enrolment);
        return left === enrolment ? undefined : left;
      };
      if (factor.standIn !== undefined && (await beside.change(shorten))) ended.push(key);
    }
    return ended;
  }

  /**
   * What a change of a factor, or of the password, ends: trust in devices; and, when a factor has
   * changed and the options say so, the user's sessions but for this one.
   */
  async endWhatDependsOn(change: FactorChange | 'password'): Promise<void> {
    const ended = await this.endTrust();
    for (const key of ended)
      emitter(key, this.#runtime, this.#request, this.#user.id)({ type: 'device_revoked', reason: change });
    if (change === 'password' || !this.#runtime.revokeSessionsOn.includes(change)) return;
    const sessions = await revokeSessions(this.config, this.#user.id, this.#session?.getSessionToken());
    if (sessions > 0) this.context.emit({ type: 'sessions_revoked', reason: change });
  }

  /** Stores what was set up without Parse Server's help, ends what that ends, and tells of it. */
  async storeEnrolled(records: Readonly<Record<string, EnrolmentRecord>>): Promise<void> {
    await writeRecords(this.config, this.#user.id, records);
    await this.endWhatDependsOn('enrolled');
    for (const key of Object.keys(records))
      emitter(key, this.#runtime, this.#request, this.#user.id)({ type: 'enrolled', purpose: 'enrolment' });
  }

  /** Whether the session has lately answered a factor. */
  async isFresh(): Promise<boolean> {
    return (await this.#freshness.find(this.#sessionOwner, (key) => this.#authData[key])) !== undefined;
  }

  /**
   * Makes the session fresh; gives until when, in epoch milliseconds.
   *
   * @param record what is about to be stored, when setting the factor up is the proof
   */
  markFresh(record?: EnrolmentRecord): Promise<number> {
    return this.#freshness.mark(this.#sessionOwner, this.#owner.key, this.#runtime.freshMs, record);
  }

  /** True for the first caller within five seconds, which is ample for the enrolment to be stored and seen. */
  claimFirstFactor(): Promise<boolean> {
    const { appId, userId } = this.#owner;
    return this.context.store.claim(subjectOf('first-factor', appId, userId), this.#runtime.clock() + 5000);
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

  /** Puts the enrolment in the place of what this request has read; false when somebody has changed that. */
  replace(enrolment: Enrolment): Promise<boolean> {
    const current = this.record === undefined ? undefined : openEnrolment(this.#runtime.keyring, this.#owner, this.record).sealed;
    return replaceRecord(this.config, this.#owner, current, this.seal(enrolment));
  }

  /** The same request with what is stored now. */
  async reread(): Promise<FactorRequest<Enrolment>> {
    const user = await fetchUser(this.config, this.#user.id);
    return new FactorRequest(this.#owner.key, this.#runtime, this.#request, user, this.#session);
  }

  /**
   * What stands in for a factor does not stay without one, should the last have been removed meanwhile.
   *
   * @throws FactorError `enrolment_required`
   */
  async assertBesideFactor(): Promise<void> {
    if (await this.sweepStandIns()) throw new FactorError('enrolment_required');
  }

  /** Removes what stands in for a factor where there is none any more; whether there was none. */
  async sweepStandIns(): Promise<boolean> {
    const authData = authDataOf(await fetchUser(this.config, this.#user.id));
    if (storedAmong(authData, realFactors(this.#runtime)).length > 0) return false;
    const left = storedAmong(authData, Object.keys(this.#runtime.factors));
    if (left.length > 0) await writeRecords(this.config, this.#user.id, Object.fromEntries(left.map((key) => [key, null])));
    return true;
  }

  /** @throws FactorError `fresh_proof_required` */
  async requireFresh(): Promise<void> {
    if (!(await this.isFresh())) throw new FactorError('fresh_proof_required');
  }

  get #authData(): Readonly<Record<string, unknown>> {
    return authDataOf(this.#user);
  }

  async #hasJustLoggedIn(): Promise<boolean> {
    const login = new Freshness(this.context.store, this.#runtime.clock, 'login');
    return (await login.find(this.#sessionOwner, () => undefined)) !== undefined;
  }

  get #freshness(): Freshness {
    return new Freshness(this.context.store, this.#runtime.clock);
  }

  get #sessionOwner(): SessionOwner {
    const sessionToken = this.#session?.getSessionToken();
    if (sessionToken === undefined) throw new FactorError('session_required');
    return { appId: this.#owner.appId, userId: this.#owner.userId, sessionToken };
  }
}
