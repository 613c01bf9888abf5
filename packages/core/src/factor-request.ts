import {
  openEnrolment,
  sealEnrolment,
  type EnrolmentRecord,
  type OpenedEnrolment,
  type RecordOwner,
} from './enrolment-record.js';
import { FactorError } from './factor-error.js';
import { tell } from './factor-event.js';
import type { FactorContext, FactorUser } from './factor.js';
import type { FactorRuntime } from './factor-runtime.js';
import { Freshness, type SessionOwner } from './freshness.js';
import type { HookRequest, HookUser } from './parse-hooks.js';
import { asObject } from './payload.js';
import { subjectOf } from './subject.js';

/** One user and one factor during one request: what is stored of them, and whether the session is fresh. */
export class FactorRequest<Enrolment extends object> {
  /** What the factor works with. */
  readonly context: FactorContext;
  readonly #runtime: FactorRuntime;
  readonly #user: FactorUser;
  readonly #session: HookUser | undefined;
  readonly #owner: RecordOwner;

  /**
   * @param key the factor's key in `auth`
   * @param user the whole stored row of the user
   * @param session the user's own session, where there is one
   */
  constructor(key: string, runtime: FactorRuntime, request: HookRequest, user: FactorUser, session?: HookUser) {
    const { keyring, clock, random, storeFor } = runtime;
    const { appId } = request.config;
    this.#runtime = runtime;
    this.#user = user;
    this.#session = session;
    this.#owner = { appId, userId: user.id, key };
    const emit = emitter(key, runtime, request, user.id);
    this.context = { key, appId, user, ip: request.ip, store: storeFor(request.config), keyring, clock, random, emit };
  }

  /** What stands in `authData` for the factor, as it is stored. */
  get record(): unknown {
    return this.#authData[this.#owner.key] ?? undefined;
  }

  /** Whether the user has set up any of the composed factors. */
  get hasAnyFactor(): boolean {
    return this.#runtime.factorKeys.some((key) => (this.#authData[key] ?? undefined) !== undefined);
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

  /** @throws FactorError `fresh_proof_required` */
  async requireFresh(): Promise<void> {
    if (!(await this.isFresh())) throw new FactorError('fresh_proof_required');
  }

  get #authData(): Readonly<Record<string, unknown>> {
    return asObject(this.#user.get('authData')) ?? {};
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

/** What a factor tells the application's listener with. */
export const emitter =
  (
    key: string,
    { onEvent, clock }: FactorRuntime,
    { ip }: Pick<HookRequest, 'ip'>,
    userId: string | undefined,
  ): FactorContext['emit'] =>
  (event) =>
    tell(onEvent, { purpose: undefined, ...event, factor: key, userId, ip, at: clock() });
