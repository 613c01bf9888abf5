import type { HookResult } from './auth-adapter.js';
import { markOf, type EnrolmentRecord } from './enrolment-record.js';
import { FactorError } from './factor-error.js';
import type { FactorRequest } from './factor-request.js';
import type { Confirmed, Factor, Reply } from './factor.js';
import { traceOf, type LoginTrace } from './login-trace.js';

/** What is shown of a factor that is set up, whatever it keeps. */
export const STATUS_ENABLED: Reply = Object.freeze({ status: 'enabled' });

/** What is shown of a factor that nobody has confirmed. */
export const STATUS_DISABLED: Reply = Object.freeze({ status: 'disabled' });

/** The stored record stays as it is. */
export const UNCHANGED: { readonly doNotSave: true } = Object.freeze({ doNotSave: true });

/** A time as clients read it. */
export const toIso = (time: number): string => new Date(time).toISOString();

/** Setting one factor up, or anew. */
export class FactorEnrolment<Enrolment extends object> {
  readonly #key: string;
  readonly #factor: Factor<Enrolment>;

  constructor(key: string, factor: Factor<Enrolment>) {
    this.#key = key;
    this.#factor = factor;
  }

  /** What a client sees of the factor. */
  describe(enrolment: Enrolment): Reply {
    return { ...STATUS_ENABLED, ...this.#factor.describe(enrolment) };
  }

  /** What is told of the factor after a first factor alone: where its codes go, and nothing else that it shows. */
  show(enrolment: Enrolment): Reply {
    const { destination } = this.#factor.describe(enrolment);
    return destination === undefined ? STATUS_ENABLED : { ...STATUS_ENABLED, destination };
  }

  /** Confirms what the user's session has begun, and says what is to be stored. */
  async enrol(payload: unknown, scope: FactorRequest<Enrolment>, type: 'enrolled' | 'replaced'): Promise<HookResult> {
    await scope.account.requireProofToEnrol(this.#key);
    if (this.#factor.standIn !== undefined) return this.#enrolStandIn(payload, scope, type);
    const { enrolment, isBegun, reply } = await this.#confirm(payload, scope);
    if (isBegun === true) return { ...UNCHANGED, ...(reply && { response: reply }) };
    if (enrolment === undefined) throw new FactorError('unavailable');
    if (this.#factor.signIn === undefined) await scope.account.claimFirstFactor();
    if (this.#factor.handleOf(enrolment) !== undefined) return this.#add(enrolment, scope);
    const save = scope.seal(enrolment);
    const freshUntil = await scope.account.markFresh(this.#key, save);
    await scope.account.endWhatDependsOn(type, this.#key);
    traceOf(scope.config, scope.context.user.id).made.add(markOf(save));
    scope.context.emit({ type, purpose: 'enrolment' });
    return { save, response: reply ?? { ...this.describe(enrolment), freshUntil: toIso(freshUntil) } };
  }

  /** Confirms what the user's session has begun to set up. */
  async confirm(payload: unknown, scope: FactorRequest<Enrolment>): Promise<Enrolment> {
    await scope.account.requireProofToEnrol(this.#key);
    const { enrolment } = await this.#confirm(payload, scope);
    if (enrolment === undefined) throw new FactorError('unavailable');
    return enrolment;
  }

  #confirm(payload: unknown, scope: FactorRequest<Enrolment>): Promise<Confirmed<Enrolment>> {
    return this.#factor.confirmEnrolment(scope.context, payload, scope.findEnrolment()?.enrolment);
  }

  /** Of several that may be had, more than one may be added at once: each is stored here, and none in the place of another. */
  async #add(enrolment: Enrolment, scope: FactorRequest<Enrolment>): Promise<HookResult> {
    let joined = enrolment;
    const record = await scope.add(enrolment, (stored) => (joined = this.#factor.join(stored, enrolment)));
    if (record === undefined) throw new FactorError('not_enrolled');
    // Beside another factor the session is fresh already, and is so for no longer.
    const isFirst = !scope.account.hasSecondFactor;
    const fresh = isFirst ? { freshUntil: toIso(await scope.account.markFresh(this.#key, record)) } : {};
    await scope.account.endWhatDependsOn('enrolled', this.#key);
    scope.context.emit({ type: 'enrolled', purpose: 'enrolment' });
    return { ...UNCHANGED, response: { ...this.describe(joined), ...fresh } };
  }

  /** Stored here and not by Parse Server: only where nobody else has changed it, and only beside a factor. */
  async #enrolStandIn(payload: unknown, scope: FactorRequest<Enrolment>, type: 'enrolled' | 'replaced'): Promise<HookResult> {
    const { enrolment, reply } = await this.#confirm(payload, scope);
    if (enrolment !== undefined && !(await scope.replace(enrolment))) {
      return this.#enrolStandIn(payload, await scope.reread(), 'replaced');
    }
    await scope.account.assertFactorLeft();
    scope.context.emit({ type, purpose: 'enrolment' });
    return { ...UNCHANGED, response: reply ?? STATUS_ENABLED };
  }

  /** Confirms what a login has to set up, without a session. */
  async enrolAtLogin(
    payload: unknown,
    scope: FactorRequest<Enrolment>,
    { enrolled }: LoginTrace,
  ): Promise<{ record: EnrolmentRecord; response: Reply }> {
    const { enrolment, reply } = await this.#factor.confirmEnrolment(scope.context, payload, undefined);
    // A login ends with a session, or with an error: what has only begun is no way in.
    if (enrolment === undefined) throw new FactorError('enrolment_required');
    if (Object.keys(enrolled).length === 0) await scope.account.claimFirstFactor();
    return { record: scope.seal(enrolment), response: reply ?? this.describe(enrolment) };
  }
}
