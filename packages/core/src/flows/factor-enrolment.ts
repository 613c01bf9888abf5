import { type EnrolmentRecord, markOf } from '../account/enrolment-record.js';
import { changesOf } from '../account/record-plan.js';
import { FactorError } from '../error/factor-error.js';
import type { Reply } from '../factor/context.js';
import type { Confirmed, Factor } from '../factor/factor.js';
import type { HookResult } from '../parse/auth-adapter.js';
import { everyStep } from './every-step.js';
import type { FactorRequest } from './user-factor.js';

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

  /** Confirms what the user's session has begun, and stages what is to be stored. */
  async enrol(payload: unknown, scope: FactorRequest<Enrolment>, type: 'enrolled' | 'replaced'): Promise<HookResult> {
    await scope.account.requireProofToEnrol(this.#key);
    if (this.#factor.standIn !== undefined) return this.#enrolStandIn(payload, scope, type);
    const { enrolment, isBegun, reply } = await this.#confirm(payload, scope);
    if (isBegun === true) return { ...UNCHANGED, ...(reply && { response: reply }) };
    if (enrolment === undefined) throw new FactorError('unavailable');
    const isOneOfSeveral = this.#factor.handleOf(enrolment) !== undefined;
    const before = isOneOfSeveral ? scope.findEnrolment()?.enrolment : undefined;
    const kept = before === undefined ? enrolment : this.#factor.join(before, enrolment);
    const record = scope.seal(kept, scope.record);
    // Another one of several is added beside a factor: the session is fresh already, and is so for no longer.
    const isFresh = isOneOfSeveral && scope.account.hasSecondFactor;
    const freshUntil = isFresh ? undefined : scope.account.freshUntil();
    const change = isOneOfSeveral ? 'enrolled' : type;
    const save = scope.stage(
      {
        bySession: true,
        plan: scope.planToEnrol((stored) => {
          if (!isOneOfSeveral || sameRecord(stored, scope.record)) return record;
          if (stored === undefined) throw new FactorError('not_enrolled');
          return scope.seal(this.#factor.join(scope.open(stored), enrolment), stored);
        }),
        after: async () => {
          scope.context.emit({ type: change, purpose: 'enrolment' });
          await everyStep([
            () => scope.account.endWhatDependsOn(change, this.#key),
            async () => {
              if (freshUntil !== undefined) await scope.account.markFresh(this.#key, freshUntil);
            },
          ]);
        },
      },
      record.id,
    );
    const fresh = freshUntil === undefined ? {} : { freshUntil: toIso(freshUntil) };
    return { save, response: reply ?? { ...this.describe(kept), ...fresh } };
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

  /** Only beside a factor, and gone with the last one. */
  async #enrolStandIn(payload: unknown, scope: FactorRequest<Enrolment>, type: 'enrolled' | 'replaced'): Promise<HookResult> {
    const { context, plans } = scope.staging();
    const { change } = context;
    const current = scope.findEnrolment()?.enrolment;
    const { enrolment, reply } = await this.#factor.confirmEnrolment({ ...scope.context, change }, payload, current);
    if (enrolment !== undefined) {
      const { record } = scope;
      const join = (stored: unknown): Enrolment => this.#factor.join(scope.open(stored), enrolment);
      const isAsRead = (stored: unknown): boolean => stored === undefined || sameRecord(stored, record);
      plans.push({
        decide: ({ [this.#key]: stored }) => ({
          [this.#key]: scope.seal(isAsRead(stored ?? undefined) ? enrolment : join(stored)),
        }),
      });
    }
    const save = scope.stage({
      plan: scope.besideFactor({ decide: (stored) => changesOf(plans, stored) }),
      after: async () => scope.context.emit({ type, purpose: 'enrolment' }),
    });
    return { save, response: reply ?? STATUS_ENABLED };
  }

  /** Confirms what a login has to set up, without a session. */
  async enrolAtLogin(payload: unknown, scope: FactorRequest<Enrolment>): Promise<{ record: EnrolmentRecord; response: Reply }> {
    const { enrolment, reply } = await this.#factor.confirmEnrolment(scope.context, payload, undefined);
    // A login ends with a session, or with an error: what has only begun is no way in.
    if (enrolment === undefined) throw new FactorError('enrolment_required');
    return { record: scope.seal(enrolment), response: reply ?? this.describe(enrolment) };
  }
}

const sameRecord = (one: unknown, other: unknown): boolean => markOf(one) === markOf(other);
