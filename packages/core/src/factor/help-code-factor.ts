import { canonicalCode, readableCode } from '../crypto/readable-code.js';
import { FactorError } from '../error/factor-error.js';
import { isLive } from '../store/otp-store.js';
import { type FieldRule, readCode } from '../validation/payload.js';
import { MAX_TYPED, typedCode } from '../validation/typed-code.js';
import { beginAttempt, DEFAULT_ATTEMPT_LIMITS } from './attempt.js';
import type { Command, PayloadSource } from './command.js';
import type { EnrolledContext, FactorContext, Reply } from './context.js';
import { attemptSubject } from './factor-subject.js';
import { type Confirmed, Factor } from './factor.js';
import type { Purpose } from './purpose.js';

/** What is stored about a user who has a help code. */
export interface HelpCodeEnrolment {
  /** The keyed digest of the code. */
  readonly digest: string;
  /** When the code expires, in epoch milliseconds. */
  readonly expiresAt: number;
}

/** 12 characters of 5 bits are 60 bits. */
const LENGTH = 12;
const VALIDITY_MS = 30 * 60_000;

/** Case, spaces, hyphens, invisible characters and full-width letters are tolerated. */
const HELP_CODE: FieldRule = {
  maxLength: MAX_TYPED,
  tidy: typedCode,
  pattern: /^[0-9A-Za-z]{12}$/,
  accepts: 'a code of 12 letters and digits',
};

/**
 * One-time codes that an administrator issues to users who have lost their second factors, with the Cloud function
 * `factorsHelpCode`.
 *
 * A help code has 60 bits and is valid for 30 minutes. Beside the password, or another primary factor, it replaces all second
 * factors of one login. The session of that login may change factors for as long as a step-up proof lasts.
 *
 * - A user has one help code at most; a new one replaces it.
 * - It ends when it is used or has expired, when the password or a factor changes, and when the user verifies a factor.
 * - 10 wrong codes lock it for 15 minutes, doubling up to 24 hours. The lock concerns help codes only, and a new code ends it.
 *
 * Payload: the code, at a login.
 *
 * @example
 * ```ts
 * import { composeFactors, HelpCodeFactor } from '@parse-factors/core';
 * import { TotpFactor } from '@parse-factors/totp';
 *
 * export const factors = (keys: string) =>
 *   composeFactors({ keys, factors: { totp: new TotpFactor({ issuer: 'Acme' }), help: new HelpCodeFactor() } });
 * // In Cloud Code: factors.install(Parse, { adminFunctions: true });
 * ```
 */
export class HelpCodeFactor extends Factor<HelpCodeEnrolment, string, undefined> {
  override readonly backup = 'by-administrator';

  read(payload: unknown, { at, enrolment }: PayloadSource<HelpCodeEnrolment>): Command<string, undefined> {
    if (enrolment === undefined) throw new FactorError('not_enrolled');
    return at === 'challenge' ? { do: 'challenge' } : { do: 'answer', answer: readCode(payload, HELP_CODE) };
  }

  /** Always throws: no session sets it up. */
  async beginEnrolment(): Promise<Reply> {
    throw new FactorError('not_enrolled');
  }

  /** Creates a code in place of the present one. Only the Cloud function for administrators calls it. */
  async confirmEnrolment(context: FactorContext): Promise<Confirmed<HelpCodeEnrolment>> {
    const code = readableCode(context.random, LENGTH);
    const expiresAt = context.clock() + VALIDITY_MS;
    const digest = context.keyring.digest('help code', ...boundTo(context, code));
    return { enrolment: { digest, expiresAt }, reply: { code, expiresAt: new Date(expiresAt).toISOString() } };
  }

  /** Sends nothing: the administrator has told the user the code. */
  async challenge(): Promise<Reply> {
    return { status: 'enabled' };
  }

  async verify(context: EnrolledContext<HelpCodeEnrolment>, purpose: Purpose, typed: string): Promise<undefined> {
    const { store, emit, clock, keyring } = context;
    const subject = attemptSubject(context, purpose);
    const attempt = await beginAttempt(context, subject, purpose, DEFAULT_ATTEMPT_LIMITS);
    let state: 'expired' | 'right' | 'wrong' = 'expired';
    const isRemoved = await context.change(({ digest, expiresAt }) => {
      const isRight = keyring.matches(digest, 'help code', ...boundTo(context, typed));
      state = isLive(expiresAt, clock()) ? (isRight ? 'right' : 'wrong') : 'expired';
      // An expired code is removed as well, so that it stays dead when the clock steps back.
      return state === 'wrong' ? undefined : null;
    });
    if (state === ('wrong' as typeof state)) throw attempt.reject('code_rejected');
    if (!isRemoved || state === 'expired') throw attempt.reject('code_expired');
    await store.pardon(subject);
    emit({ type: 'verified', purpose });
    emit({ type: 'help_used', purpose });
  }

  /** Describes when the code expires. */
  describe({ expiresAt }: HelpCodeEnrolment): Reply {
    return { expiresAt: new Date(expiresAt).toISOString() };
  }
}

/** What a code is good for: one user of one application. */
const boundTo = ({ appId, key, user }: FactorContext, code: string): readonly string[] => [
  appId,
  key,
  user.id,
  canonicalCode(code),
];
