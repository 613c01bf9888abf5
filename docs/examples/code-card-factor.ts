import { FactorError } from '@parse-factors/core';
import {
  beginAttempt,
  DEFAULT_ATTEMPT_LIMITS,
  digitsRule,
  bytesFrom,
  Factor,
  factorSubject,
  randomDigits,
  readCode,
  type Command,
  type Confirmed,
  type EnrolledContext,
  type FactorContext,
  type PayloadSource,
  type Purpose,
  type Reply,
} from '@parse-factors/core/factor';
import type { SendLimits } from '@parse-factors/core/store';

/** What the library keeps about a user. It is sealed at rest. */
export interface CodeCard {
  /** Code number 1 has index 0. A used code is an empty string. */
  readonly codes: readonly string[];
}

const CODES = 24;
const CODE = digitsRule(6);
const VALIDITY_MS = 10 * 60_000;
const SENDS: SendLimits = { cooldownMs: 0, quotas: [{ limit: 20, windowMs: 10 * 60_000 }] };

/** A printed card with numbered codes. Each login asks for one of them, and each works once. */
export class CodeCardFactor extends Factor<CodeCard, string> {
  /** Reads a payload. A session with a fresh proof may set up a new card in place of the old one. */
  read(payload: unknown, { at, enrolment: card }: PayloadSource<CodeCard>): Command<string> {
    const isNew = card === undefined;
    if (at === 'challenge') return { do: isNew ? 'begin' : 'begin-or-challenge', begin: undefined };
    const code = readCode(payload, CODE);
    if (isNew) return { do: 'enrol', confirmation: code };
    return at === 'save' ? { do: 'enrol-or-answer', answer: code, confirmation: code } : { do: 'answer', answer: code };
  }

  /** Makes a card and shows it once. The store keeps it sealed until the user confirms it. */
  async beginEnrolment(context: FactorContext): Promise<Reply> {
    const codes = Array.from({ length: CODES }, () => randomDigits(context.random, 6));
    const expiresAt = await issue(context, 'enrolment', context.keyring.seal(JSON.stringify(codes), ...binding(context)));
    return { status: 'pending', codes: codes.join(' '), number: '1', expiresAt };
  }

  /** Checks the first code, which proves that the user has the card. */
  async confirmEnrolment(context: EnrolledContext<CodeCard>, code: string): Promise<Confirmed<CodeCard>> {
    const subject = factorSubject(context, 'enrolment');
    const guess = await beginAttempt(context, subject, 'enrolment', DEFAULT_ATTEMPT_LIMITS);
    if (guess.digest === undefined) throw guess.reject('code_expired');
    const [first, ...others] = JSON.parse(context.keyring.open(guess.digest, ...binding(context)).plaintext) as string[];
    const expected = context.keyring.digest('code-card', subject, first ?? '');
    if (!context.keyring.matches(expected, 'code-card', subject, code)) throw guess.reject('code_rejected');
    if (!(await context.store.consume(subject, guess.digest))) throw guess.reject('code_expired');
    return { enrolment: { codes: ['', ...others] } };
  }

  /** Asks for a random code among the unused ones. */
  async challenge(context: FactorContext, purpose: Purpose, { codes }: CodeCard): Promise<Reply> {
    const left = codes.flatMap((code, index) => (code === '' ? [] : [index]));
    const index = left[bytesFrom(context.random, 4).readUInt32BE() % left.length];
    if (index === undefined) throw new FactorError('not_enrolled', { sentence: 'The card is used up. Use another factor.' });
    const digest = context.keyring.digest('code-card', factorSubject(context, purpose), codes[index] ?? '');
    const expiresAt = await issue(context, purpose, `${index} ${digest}`);
    return { status: 'sent', number: String(index + 1), expiresAt };
  }

  /**
   * Counts the attempt before it compares. Uses the code up before the login succeeds. A login and a fresh proof can wait for the
   * same code, so `change` looks at the card again: only the first of them finds the code unused.
   */
  async verify(context: EnrolledContext<CodeCard>, purpose: Purpose, code: string): Promise<undefined> {
    const subject = factorSubject(context, purpose);
    const guess = await beginAttempt(context, subject, purpose, DEFAULT_ATTEMPT_LIMITS);
    if (guess.digest === undefined) throw guess.reject('code_expired');
    const [index, digest = ''] = guess.digest.split(' ');
    if (!context.keyring.matches(digest, 'code-card', subject, code)) throw guess.reject('code_rejected');
    if (!(await context.store.consume(subject, guess.digest))) throw guess.reject('code_expired');
    const isFirst = await context.change(({ codes }) =>
      codes[Number(index)] === code ? { codes: codes.map((left, at) => (at === Number(index) ? '' : left)) } : undefined,
    );
    if (!isFirst) throw guess.reject('code_expired');
    context.emit({ type: 'verified', purpose });
  }

  /** What the user sees besides `status: "enabled"`: never a code. Clients offer a new card at three codes left. */
  describe({ codes }: CodeCard): Reply {
    return { left: String(codes.filter((code) => code !== '').length) };
  }
}

const binding = ({ appId, user, key }: FactorContext): string[] => ['code-card', appId, user.id, key];

/** Makes this the live challenge, within the limits. Returns when it expires. */
async function issue(context: FactorContext, purpose: Purpose, digest: string): Promise<string> {
  const expiresAt = context.clock() + VALIDITY_MS;
  const result = await context.store.issue(factorSubject(context, purpose), { digest, expiresAt }, SENDS);
  if (!result.issued) throw new FactorError(result.reason, { retryAt: result.retryAt });
  context.emit({ type: 'challenged', purpose });
  return new Date(expiresAt).toISOString();
}
