import { subjectOf } from '../crypto/subject.js';
import { CODE_REPLACED, type Refusal } from '../factor/attempt.js';
import type { RequestContext } from '../factor/context.js';
import type { LiveCode } from '../store/otp-store.js';

/**
 * Remembers which codes were sent, until they would have died, to tell one that a newer code has replaced from a wrong
 * one. Such a code is good for nothing: this decides about a sentence alone.
 */
export class ReplacedCodes {
  readonly #context: RequestContext;
  readonly #subject: string;

  /** @param subject what the codes are guessed at */
  constructor(context: RequestContext, subject: string) {
    this.#context = context;
    this.#subject = subject;
  }

  /** Remembers a code that was made the live one. */
  async add(code: LiveCode): Promise<void> {
    await this.#context.store.issue(subjectOf('sent-code', this.#subject, code.digest), code, { cooldownMs: 0, quotas: [] });
  }

  /**
   * Why an answer is wrong that is not the live code's: undefined where it was none of the others either.
   *
   * @param digests the answer's, under each key
   * @param expiresAt until when it is told again
   */
  async explain(digests: readonly string[], expiresAt: number): Promise<Refusal | undefined> {
    for (const digest of digests) {
      // A store tells whether it holds a code by giving it up.
      if (!(await this.#context.store.consume(subjectOf('sent-code', this.#subject, digest), digest))) continue;
      await this.add({ digest, expiresAt });
      return CODE_REPLACED;
    }
    return undefined;
  }
}
