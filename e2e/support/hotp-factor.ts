import {
  beginAttempt,
  DEFAULT_ATTEMPT_LIMITS,
  digitsRule,
  bytesFrom,
  Factor,
  factorSubject,
  readCode,
  type Command,
  type Confirmed,
  type EnrolledContext,
  type FactorContext,
  type PayloadSource,
  type Purpose,
  type Reply,
} from '@parse-factors/core/factor';
import { totpAt } from '@parse-factors/totp';
import { counterOf, type HotpToken } from '../../docs/examples/hotp-token.js';

const CODE = digitsRule(6);

/** What the token of a user shows at each press of its button. */
export function hotpButton(secret: string): () => string {
  let presses = 0;
  const parameters = { secret: Buffer.from(secret, 'hex'), algorithm: 'SHA1', digits: 6, stepSeconds: 30 } as const;
  return () => totpAt(parameters, presses++);
}

const binding = ({ appId, user, key }: FactorContext): string[] => ['hotp', appId, user.id, key];

/** A token by events whose codes come without a challenge, as those of an authenticator do. */
export class HotpFactor extends Factor<HotpToken, string> {
  read(payload: unknown, { at, enrolment: token }: PayloadSource<HotpToken>): Command<string> {
    if (at === 'challenge') return token === undefined ? { do: 'begin', begin: undefined } : { do: 'challenge' };
    const code = readCode(payload, CODE);
    return token === undefined ? { do: 'enrol', confirmation: code } : { do: 'answer', answer: code };
  }

  async beginEnrolment(context: FactorContext): Promise<Reply> {
    const secret = bytesFrom(context.random, 20).toString('hex');
    const live = { digest: context.keyring.seal(secret, ...binding(context)), expiresAt: context.clock() + 600_000 };
    await context.store.issue(factorSubject(context, 'enrolment'), live, { cooldownMs: 0, quotas: [] });
    return { status: 'pending', secret };
  }

  async confirmEnrolment(context: FactorContext, code: string): Promise<Confirmed<HotpToken>> {
    const subject = factorSubject(context, 'enrolment');
    const guess = await beginAttempt(context, subject, 'enrolment', DEFAULT_ATTEMPT_LIMITS);
    if (guess.digest === undefined) throw guess.reject('code_expired');
    const token = { secret: context.keyring.open(guess.digest, ...binding(context)).plaintext, counter: 0 };
    const used = counterOf(token, code);
    if (used === undefined) throw guess.reject('code_rejected');
    if (!(await context.store.consume(subject, guess.digest))) throw guess.reject('code_expired');
    return { enrolment: { ...token, counter: used + 1 } };
  }

  async challenge(): Promise<Reply> {
    return { status: 'enabled' };
  }

  async verify(context: EnrolledContext<HotpToken>, purpose: Purpose, code: string, token: HotpToken): Promise<undefined> {
    const guess = await beginAttempt(context, factorSubject(context, purpose), purpose, DEFAULT_ATTEMPT_LIMITS);
    const used = counterOf(token, code);
    if (used === undefined) throw guess.reject('code_rejected');
    const isChanged = await context.change((stored) => (stored.counter > used ? undefined : { ...stored, counter: used + 1 }));
    if (!isChanged) throw guess.reject('code_rejected');
    await context.store.pardon(factorSubject(context, purpose));
    context.emit({ type: 'verified', purpose });
  }

  describe(): Reply {
    return {};
  }
}
