import type { OpenedEnrolment } from '../account/enrolment-sealer.js';
import { changesOf } from '../account/record-plan.js';
import { FactorError } from '../error/factor-error.js';
import type { Factor } from '../factor/factor.js';
import type { HookResult } from '../parse/auth-adapter.js';
import { asObject, hasSameFields, sameStrings } from '../validation/json-object.js';
import { type FactorEnrolment, STATUS_ENABLED, toIso, UNCHANGED } from './factor-enrolment.js';
import { recover } from './recover.js';
import type { FactorRequest } from './user-factor.js';

/** What the session of an enrolled user sends for one factor. */
export class FactorAnswers<Enrolment extends object> {
  readonly #key: string;
  readonly #factor: Factor<Enrolment>;
  readonly #enrolment: FactorEnrolment<Enrolment>;

  constructor(key: string, factor: Factor<Enrolment>, enrolment: FactorEnrolment<Enrolment>) {
    this.#key = key;
    this.#factor = factor;
    this.#enrolment = enrolment;
  }

  /** Does what is asked for: nothing, for what was shown before; a proof; a replacement; or a change of what there is. */
  async answer(payload: unknown, scope: FactorRequest<Enrolment>): Promise<HookResult> {
    const { enrolment } = scope.enrolment;
    if (this.#isEcho(payload, scope, enrolment)) return UNCHANGED;
    const intent = await this.#factor.intent(payload, scope.context.user, enrolment);
    if (intent === 'manage' || intent === 'reduce') return this.#manage(payload, scope, intent === 'reduce');
    if (intent === 'enrol') {
      const proof = this.#factor.proofIn(payload);
      if (proof !== undefined) await this.#prove(proof, scope);
      return this.#enrolment.enrol(payload, scope, 'replaced');
    }
    if (this.isStandIn(payload)) return recover(this.#key, this.#factor, payload, scope);
    try {
      const freshUntil = await this.#prove(payload, scope);
      return { ...UNCHANGED, response: { status: 'verified', freshUntil: toIso(freshUntil) } };
    } catch (error) {
      if (intent !== 'either' || !isWrongAnswer(error) || !(await scope.account.isFresh())) throw error;
      return this.#enrolment.enrol(payload, scope, 'replaced');
    }
  }

  /** Whether an answer only stands in for a factor: at a login, and nowhere else. */
  isStandIn(payload: unknown): boolean {
    return this.#factor.standIn !== undefined || this.#factor.isStandIn(payload);
  }

  /** A record under an older key is sealed with the newest, unless somebody has just changed it. */
  async sealAnew(scope: FactorRequest<Enrolment>, opened: OpenedEnrolment<Enrolment>): Promise<void> {
    if (!opened.isCurrent) await scope.context.change((enrolment) => enrolment);
  }

  /** SDKs send back what they were shown; that changes nothing. */
  #isEcho(payload: unknown, scope: FactorRequest<Enrolment>, enrolment: Enrolment): boolean {
    const shown = this.#enrolment.describe(enrolment);
    if ([shown, STATUS_ENABLED, scope.record].some((seen) => sameStrings(payload, seen))) return true;
    // What of these is shown changes as they are used, so what an SDK was shown may be old.
    const isUsed = this.#factor.standIn !== undefined || this.#factor.handleOf(enrolment) !== undefined;
    return isUsed && hasSameFields(payload, shown);
  }

  /** @param isLess whether something is taken away by it: that spends a fresh proof */
  async #manage(payload: unknown, scope: FactorRequest<Enrolment>, isLess: boolean): Promise<HookResult> {
    if (isLess) await scope.account.requireFresh();
    const { context, plans, tell } = scope.staging();
    await this.#factor.manage(context, payload);
    const save = scope.stage(
      {
        plan: { decide: (stored) => changesOf(plans, stored) },
        ...(isLess && { before: () => scope.account.spendProof() }),
        after: async () => {
          tell();
          if (!isLess) return;
          await scope.account.endWhatDependsOn('removed', this.#key);
          scope.context.emit({ type: 'removed' });
        },
      },
      idOf(scope.record),
    );
    return { save };
  }

  /** Takes an answer as a fresh proof; gives how long it lasts. */
  async #prove(payload: unknown, scope: FactorRequest<Enrolment>): Promise<number> {
    const opened = scope.enrolment;
    if (this.isStandIn(payload)) throw new FactorError('invalid_input', { sentence: 'This is for logging in only.' });
    await this.#factor.verify(scope.context, 'fresh-proof', payload, opened.enrolment);
    const freshUntil = scope.account.freshUntil();
    await scope.account.markFresh(this.#key, freshUntil);
    await scope.cancelRecovery();
    await this.sealAnew(scope, opened);
    return freshUntil;
  }
}

/** A wrong answer to one question, which may still be the right one to another. */
const isWrongAnswer = (error: unknown): boolean =>
  error instanceof FactorError && ['code_rejected', 'code_expired', 'invalid_input'].includes(error.code);

const idOf = (record: unknown): string | undefined => {
  const id = asObject(record)?.['id'];
  return typeof id === 'string' ? id : undefined;
};
