import { subjectOf } from '../crypto/subject.js';
import { CODE_REPLACED, type Refusal } from '../factor/attempt.js';
import type { RequestContext } from '../factor/context.js';
import type { LiveCode } from '../store/otp-store.js';

/**
 * Remembers the codes that were sent until they would have expired. An answer can then say "a newer code was sent"
 * instead of "wrong code". A replaced code is never accepted; only the error sentence depends on this.
 */
export class ReplacedCodes {
  readonly #context: RequestContext;
  readonly #subject: string;

  /** @param subject the subject of the codes */
  constructor(context: RequestContext, subject: string) {
    this.#context = context;
    this.#subject = subject;
  }

  /** Remembers a code that has become the live one. */
  async add(code: LiveCode): Promise<void> {
    await this.#context.store.issue(subjectOf('sent-code', this.#subject, code.digest), code, { cooldownMs: 0, quotas: [] });
  }

  /**
   * Returns why a code that is not the live one is wrong; undefined if it was never sent.
   *
   * @param digests the digests of the sent code, one for each key
   * @param expiresAt until when the code is remembered after this
   */
  async explain(digests: readonly string[], expiresAt: number): Promise<Refusal | undefined> {
    for (const digest of digests) {
      // A store shows that it holds a code only by consuming it. It is added again below.
      if (!(await this.#context.store.consume(subjectOf('sent-code', this.#subject, digest), digest))) continue;
      await this.add({ digest, expiresAt });
      return CODE_REPLACED;
    }
    return undefined;
  }
}
