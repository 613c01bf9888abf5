import { FactorError } from '@parse-factors/core';
import {
  beginAttempt,
  DEFAULT_ATTEMPT_LIMITS,
  digitsRule,
  factorSubject,
  readCode,
  type Command,
  type EnrolledContext,
  type FactorContext,
  type PayloadSource,
  type Purpose,
  type Reply,
} from '@parse-factors/core/factor';
import { factorSuite } from '@parse-factors/testing';
import { describe, expect, it } from 'vitest';
import { CodeCardFactor, type CodeCard } from '../../docs/examples/code-card-factor.js';
import { withCard } from '../support/card.js';

/** Runs one case of the suite on a factor; gives its failure. */
async function failureOf(factor: CodeCardFactor, chosen: string): Promise<string | undefined> {
  const bodies = new Map<string, () => Promise<void>>();
  let end = async (): Promise<void> => undefined;
  let begin = end;
  factorSuite(
    {
      describe: (_name, body) => body(),
      it: (name, body) => bodies.set(name, body),
      beforeAll: (body) => (begin = body),
      afterAll: (body) => (end = body),
    },
    withCard(factor),
  );
  await begin();
  try {
    const body = bodies.get(chosen);
    if (body === undefined) throw new Error(`there is no case "${chosen}"`);
    return await body().then(
      () => undefined,
      (error: unknown) => String(error),
    );
  } finally {
    await end();
  }
}

type Verify = (context: EnrolledContext<CodeCard>, code: string, card: CodeCard) => Promise<void>;

/** A card that checks answers in its own way. */
const checking = (check: Verify): CodeCardFactor =>
  new (class extends CodeCardFactor {
    override async verify(
      context: EnrolledContext<CodeCard>,
      _purpose: Purpose,
      code: string,
      card?: CodeCard,
    ): Promise<undefined> {
      await check(context, code, card ?? { codes: [] });
    }
  })();

const assertOn = ({ codes }: CodeCard, code: string): void => {
  if (!codes.includes(code)) throw new FactorError('code_rejected');
};

describe('the suite of factors', () => {
  it.each<[string, string, CodeCardFactor]>([
    [
      'that takes an answer again',
      'is demanded once it is set up, and takes a right answer once',
      checking(async (_context, code, card) => assertOn(card, code)),
    ],
    [
      'that looks whether an answer was used before it marks it used',
      'opens one session for 20 logins at once with one answer',
      checking(async ({ store, clock }, code, card) => {
        assertOn(card, code);
        const key = `used ${code}`;
        const wasUsed = (await store.count(key, { limit: 30, windowMs: 1000 })).allowed;
        if (!wasUsed) throw new FactorError('code_expired');
        await store.claim(key, clock() + 1000);
      }),
    ],
    [
      'that uses up the challenge of one purpose only',
      'takes an answer once if a login and a proof wait for the same one',
      new (class extends CodeCardFactor {
        /** Asks for the first unused code, for every purpose. */
        override challenge(context: FactorContext, purpose: Purpose, card: CodeCard): Promise<Reply> {
          return super.challenge({ ...context, random: (size) => new Uint8Array(size) }, purpose, card);
        }
        override async verify(context: EnrolledContext<CodeCard>, purpose: Purpose, code: string): Promise<undefined> {
          const subject = factorSubject(context, purpose);
          const guess = await beginAttempt(context, subject, purpose, DEFAULT_ATTEMPT_LIMITS);
          const [index, digest = ''] = (guess.digest ?? '').split(' ');
          if (!context.keyring.matches(digest, 'code-card', subject, code)) throw guess.reject('code_rejected');
          if (!(await context.store.consume(subject, guess.digest ?? ''))) throw guess.reject('code_expired');
          await context.change(({ codes }) => ({ codes: codes.map((left, at) => (at === Number(index) ? '' : left)) }));
        }
      })(),
    ],
    [
      'that counts no guesses',
      'is locked by wrong answers, 50 at once too, and opens by itself',
      checking(async (_context, code, card) => assertOn(card, code)),
    ],
    [
      'that takes anybody\u2019s answer',
      "does not take another user's answer",
      checking(async (_context, code) => {
        if (code === '000000') throw new FactorError('code_rejected');
      }),
    ],
    [
      'that repeats what it was sent',
      'refuses a wrong answer, and takes the right one after it',
      checking(async (_context, code, card) => {
        if (!card.codes.includes(code)) throw new FactorError('code_rejected', { sentence: `${code} is wrong.` });
      }),
    ],
    [
      'that counts malformed input as a guess',
      'refuses malformed input clearly, which counts as no guess and spends nothing',
      new (class extends CodeCardFactor {
        /** Reads nothing before it is counted. */
        override read(payload: unknown, source: PayloadSource<CodeCard>): Command<string> {
          return source.at === 'sign-in' && source.enrolment !== undefined
            ? { do: 'answer', answer: payload as string }
            : super.read(payload, source);
        }
        override async verify(
          { store, user }: EnrolledContext<CodeCard>,
          _purpose: Purpose,
          payload: unknown,
          card?: CodeCard,
        ): Promise<undefined> {
          const { allowed } = await store.count(`guesses of ${user.id}`, { limit: 10, windowMs: 60_000 });
          if (!allowed) throw new FactorError('locked');
          assertOn(card ?? { codes: [] }, readCode(payload, digitsRule(6)));
        }
      })(),
    ],
    [
      'that shows what it keeps',
      'shows its user a status, which changes nothing when it is sent back, and others nothing',
      new (class extends CodeCardFactor {
        override describe({ codes }: CodeCard): Reply {
          return { codes } as unknown as Reply;
        }
      })(),
    ],
    [
      'that is confirmed by anything',
      'is not demanded until it is set up',
      new (class extends CodeCardFactor {
        override async confirmEnrolment(): Promise<{ enrolment: CodeCard }> {
          return { enrolment: { codes: ['123456'] } };
        }
      })(),
    ],
  ])('fails one %s', async (_what, meant, factor) => {
    expect(await failureOf(factor, meant)).toMatch(/AssertionError/);
  });
});
