import { subjectOf } from '../../crypto/subject.js';
import type { VerificationAnswer, Verifier } from '../../delivery/verifier.js';
import { FactorError } from '../../error/factor-error.js';
import { faultName } from '../../error/fault-name.js';
import type { CheckedCode } from '../../factor/address-proof.js';
import { beginAttempt, countAttempt } from '../../factor/attempt.js';
import type { RequestContext } from '../../factor/context.js';
import type { LiveCode } from '../../store/otp-store.js';
import { withTimeout } from '../../time/timeout.js';
import type { Bound, CodeBinding } from '../code-binding.js';
import type { ResolvedCodeFactorOptions } from '../code-factor-options.js';
import { atLeast } from './least-time.js';
import { type Running, RunningVerifications } from './running-verifications.js';

/** Limits of a provider that are told to the client, as its own errors. */
const TOLD_AT_START: readonly string[] = ['address_refused', 'cooldown'];
const ANSWERS: readonly unknown[] = ['right', 'wrong', 'gone'] satisfies readonly VerificationAnswer[];
const REJECTION_MS = 1000;

/**
 * Codes that a provider makes and checks. The store keeps a live code for each of them as for our own: the same cooldown,
 * quotas, attempts and locks apply, and it can be used up once. Its digest matches no code that can be typed.
 *
 * Every check counts the attempt, then finds the verification that the live code stands for, then asks the provider, then uses
 * up the live code. Without a live code the provider is not asked.
 */
export class DelegatedCodes {
  readonly #verifier: Verifier;
  readonly #options: ResolvedCodeFactorOptions;
  readonly #running: RunningVerifications;

  constructor(verifier: Verifier, options: ResolvedCodeFactorOptions) {
    this.#verifier = verifier;
    this.#options = options;
    this.#running = new RunningVerifications(verifier.name);
  }

  /**
   * Starts the verification of a live code. The caller revokes the live code if this rejects.
   *
   * @throws FactorError `delivery_failed`, `address_refused`, `cooldown`
   */
  async start(context: RequestContext, binding: CodeBinding, live: LiveCode): Promise<void> {
    try {
      const id = await this.#startAt(context, binding, live);
      await this.#running.add(context, binding, { id, live });
    } catch (cause) {
      if (cause instanceof FactorError && cause.code === 'unavailable') throw cause; // The store or a key has failed.
      const isTold = cause instanceof FactorError && TOLD_AT_START.includes(cause.code);
      throw isTold ? cause : new FactorError('delivery_failed', { cause });
    }
  }

  /**
   * Checks the code of a known user and uses it up.
   *
   * @returns what the code was sent for
   * @throws FactorError `code_rejected`, `code_expired`, `locked`; `unavailable` if the provider does not answer
   */
  async redeem(context: RequestContext, bindings: readonly [Bound, ...Bound[]], code: string): Promise<Bound> {
    const [{ subject, purpose }] = bindings;
    const attempt = await beginAttempt(context, subject, purpose, this.#options);
    const running =
      (attempt.digest === undefined ? undefined : await this.#running.find(context, subject, bindings, attempt.digest)) ??
      (await this.#running.findOther(context, bindings));
    if (running === undefined) throw attempt.reject('code_expired');
    const answer = await this.#ask(running, code);
    if (answer === 'wrong') throw attempt.reject('code_rejected');
    if (answer === 'gone' || !(await this.#running.consume(context, running))) throw attempt.reject('code_expired');
    // The attempt is counted for the user's own subject, whichever primary factor the code was requested with.
    if (running.subject !== subject) await context.store.pardon(subject);
    return running.binding;
  }

  /**
   * Checks a code that signs in as a primary factor, without using it up. A code that the provider has verified stays valid
   * here until it is used up or expires, because a client may send it twice: to request a second factor, then to log in.
   *
   * Every rejection has the same error and takes at least the verifier's `rejectionMs`: only known addresses may have a
   * verification, so the time and faults of the provider would reveal who has an account (CWE-204, CWE-208).
   *
   * @param onUsed called when the code has been used up
   * @throws FactorError `code_rejected`
   */
  async check(context: RequestContext, binding: Bound, code: string, onUsed: () => void): Promise<CheckedCode> {
    const { store, emit } = context;
    const { subject, purpose } = binding;
    const checking = async (): Promise<Running> => {
      const live = await countAttempt(store, subject, this.#options.maxAttempts);
      const running = live === undefined ? undefined : await this.#running.find(context, subject, [binding], live);
      if (running !== undefined && (await this.#isRight(context, running, code))) return running;
      emit({ type: 'rejected', purpose, reason: 'code_rejected', ...(live === undefined && { isLogged: false }) });
      throw new FactorError('code_rejected');
    };
    const running = await atLeast(this.#verifier.rejectionMs ?? REJECTION_MS, checking);
    return {
      consume: async () => {
        if (!(await this.#running.consume(context, running))) {
          emit({ type: 'rejected', purpose, reason: 'code_rejected' });
          throw new FactorError('code_rejected');
        }
        onUsed();
      },
    };
  }

  /** Whether a code is right, by what the provider said before or says now. Faults of the provider are events. */
  async #isRight(context: RequestContext, running: Running, code: string): Promise<boolean> {
    const approved = await this.#running.isApproved(context, running, code);
    if (approved !== undefined) return approved;
    try {
      if ((await this.#ask(running, code)) !== 'right') return false;
    } catch (fault) {
      const { cause = fault } = fault as Error;
      context.emit({ type: 'fault', purpose: running.binding.purpose, reason: faultName(cause) });
      return false;
    }
    await this.#running.approve(context, running, code);
    return true;
  }

  async #startAt(context: RequestContext, binding: CodeBinding, live: LiveCode): Promise<string> {
    const { headers, ip, installationId } = context;
    const { address, purpose, user } = binding;
    const { codeLength, validityMs, deliveryTimeoutMs } = this.#options;
    const locale = this.#options.locale(user, { headers, ip, installationId });
    const key = subjectOf('verification-start', live.digest);
    const mayEnd = (running: string): Promise<boolean> => this.#running.mayTake(context, binding, running);
    const wanted = { to: address, locale, purpose, user, expiresAt: live.expiresAt, validityMs, codeLength, mayEnd, key };
    const { id } = await withTimeout(deliveryTimeoutMs, (signal) => this.#verifier.start({ ...wanted, signal }));
    if (typeof id !== 'string' || id === '' || id.length > 255) throw new TypeError('a verifier must return an id');
    return id;
  }

  /** Asks the provider. @throws FactorError `unavailable`, `cooldown` */
  async #ask({ id, binding }: Running, code: string): Promise<VerificationAnswer> {
    try {
      const answer: unknown = await withTimeout(this.#options.deliveryTimeoutMs, (signal) =>
        this.#verifier.check({ id, to: binding.address, code, signal }),
      );
      if (ANSWERS.includes(answer)) return answer as VerificationAnswer;
      throw new TypeError('a verifier must answer "right", "wrong" or "gone"');
    } catch (cause) {
      throw cause instanceof FactorError && cause.code === 'cooldown' ? cause : new FactorError('unavailable', { cause });
    }
  }
}
