import assert from 'node:assert/strict';
import { fakeClock, type FakeClock } from './fake-clock.js';
import type { TestRunner } from './runner.js';
import { slugOf, SuiteUser, type FactorServer, type ServerAnswer } from './suite-user.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** The functions of a test runner with what runs around all cases of a group. */
export interface FactorTestRunner extends TestRunner {
  beforeAll(body: () => Promise<void>): unknown;
  afterAll(body: () => Promise<void>): unknown;
}

/** How a factor that is set up is answered. */
export interface FactorAnswers {
  /**
   * A right answer that nobody has used.
   *
   * @param ask asks for the challenge that the answer is to, and gives the factor's reply; not called where
   *   answers come without one
   */
  right(ask: () => Promise<Readonly<Record<string, string>>>): unknown;
  /** An answer of the right form that is wrong. */
  wrong(): unknown;
}

/** A begun enrolment. */
export interface BegunEnrolment {
  /** What confirms it. */
  readonly confirmation: unknown;
  /** What has the right form and does not confirm it. */
  readonly wrongConfirmation: unknown;
  /** How the factor is answered once it is set up. */
  readonly answers: FactorAnswers;
}

/** A second factor under test. */
export interface FactorSuiteOptions {
  /** Its key in `auth`. */
  readonly key: string;
  /**
   * Starts a Parse Server on an empty database, with the factor under its key and no other, `factors.install`
   * called, and `clock` given to `composeFactors`. Asked once.
   */
  readonly start: (clock: FakeClock) => Promise<FactorServer>;
  /** Begins setting the factor up for a user, with `user.challenge`. */
  readonly begin: (user: SuiteUser) => Promise<BegunEnrolment>;
  /**
   * Whether an answer answers a challenge: is good for its purpose alone, and only for a while. `true` by default;
   * `false` where answers come without one, as those of an authenticator do.
   */
  readonly isChallenged?: boolean;
  /** Failures that lock the factor, 10 by default. */
  readonly maxFailures?: number;
  /** How long after one challenge the next may be asked for, in milliseconds; three minutes by default. */
  readonly pauseMs?: number;
}

/** Payloads that are an answer of no factor. */
const MALFORMED: readonly unknown[] = [
  5,
  true,
  '',
  ' ',
  [],
  ['123456'],
  {},
  { code: null },
  { code: {} },
  { code: ['123456'] },
  { code: { $gt: '' } },
  { code: 'x'.repeat(10_000) },
  { code: '١٢٣٤٥٦' },
  { __type: 'Pointer', className: '_User', objectId: 'somebody' },
  { __op: 'Delete' },
  { sealed: '1.key.AAAA' },
  { id: 'somebody' },
];

/**
 * What every second factor must do, over HTTP on a real Parse Server: it is demanded once it is set up and not
 * before, takes a right answer once, bounds guesses also in races, is nobody else's, goes only with a fresh proof,
 * and tells nothing that was sent.
 */
export function factorSuite(runner: FactorTestRunner, options: FactorSuiteOptions): void {
  const { key, start, begin, isChallenged = true, maxFailures = 10, pauseMs = 3 * MINUTE } = options;
  const clock = fakeClock();
  let server: FactorServer | undefined;

  const newUser = (): Promise<SuiteUser> => {
    assert.ok(server !== undefined, 'the server did not start');
    clock.advance(DAY);
    return SuiteUser.signUp(server, key);
  };
  const enrolled = async (): Promise<{ user: SuiteUser; answers: FactorAnswers }> => {
    const user = await newUser();
    const { confirmation, answers } = await begin(user);
    assertStatus(await user.save(confirmation), 200);
    clock.advance(pauseMs);
    return { user, answers };
  };
  const toLogIn = async (user: SuiteUser, answers: FactorAnswers): Promise<unknown> =>
    answers.right(() => user.challengeByPassword());
  const toProve = async (user: SuiteUser, answers: FactorAnswers): Promise<unknown> => answers.right(() => user.challenge(true));
  const assertDemanded = async (user: SuiteUser): Promise<void> => {
    const { status, body } = await user.logIn();
    assert.equal(status, 400);
    assert.match(String(body['error']), new RegExp(`Missing additional authData .*\\b${key}\\b`));
  };

  runner.describe(`the factor "${key}"`, () => {
    runner.beforeAll(async () => {
      server = await start(clock);
    });
    runner.afterAll(async () => server?.stop());

    runner.it('is not demanded until it is set up', async () => {
      const user = await newUser();
      assertStatus(await user.logIn(), 200);
      const { wrongConfirmation, answers } = await begin(user);
      assertStatus(await user.logIn(), 200);
      assertRefused(await user.save(wrongConfirmation));
      assertStatus(await user.logIn(), 200);
      assertRefused(await user.logIn(answers.wrong()));
    });

    runner.it('is set up by the one who began it, and by nobody else', async () => {
      const [user, other] = [await newUser(), await newUser()];
      const { confirmation } = await begin(user);
      assertRefused(await other.save(confirmation));
      assertStatus(await other.logIn(), 200);
      assertStatus(await user.save(confirmation), 200);
      await assertDemanded(user);
    });

    runner.it('is confirmed in time, by few guesses, and by what does nothing else afterwards', async () => {
      const [late, guessing, user] = [await newUser(), await newUser(), await newUser()];
      const { confirmation: old } = await begin(late);
      clock.advance(DAY);
      assertRefused(await late.save(old));
      const { confirmation, wrongConfirmation } = await begin(guessing);
      await Promise.all(Array.from({ length: 50 }, () => guessing.save(wrongConfirmation)));
      assertRefused(await guessing.save(confirmation));
      const { confirmation: own } = await begin(user);
      assertStatus(await user.save(own), 200);
      const answer: unknown = typeof own === 'object' && own !== null && 'code' in own ? own.code : own;
      assertRefused(await user.logIn(answer));
      assertRefused(await user.save(answer));
      for (const other of [late, guessing]) assertStatus(await other.logIn(), 200);
    });

    runner.it('takes one answer for one purpose, and one proof of 20 at once', async () => {
      const { user, answers } = await enrolled();
      const login = await toLogIn(user, answers);
      if (isChallenged) assertRefused(await user.save(login));
      assertStatus(await user.logIn(login), 200);
      assertRefused(await user.save(login));
      clock.advance(pauseMs);
      const proof = await toProve(user, answers);
      if (isChallenged) assertRefused(await user.logIn(proof));
      const proofs = await Promise.all(Array.from({ length: 20 }, () => user.save(proof)));
      assert.equal(proofs.filter(({ status }) => status === 200).length, 1);
      assertRefused(await user.logIn(proof));
      clock.advance(pauseMs);
      const old = await toLogIn(user, answers);
      clock.advance(DAY);
      assertRefused(await user.logIn(old));
    });

    runner.it('is demanded once it is set up, and takes a right answer once', async () => {
      const { user, answers } = await enrolled();
      await assertDemanded(user);
      const right = await toLogIn(user, answers);
      const { body } = assertStatus(await user.logIn(right), 200);
      assert.match(String(body['sessionToken']), /^r:/);
      assertRefused(await user.logIn(right));
      await assertDemanded(user);
      clock.advance(pauseMs);
      assertStatus(await user.logIn(await toLogIn(user, answers)), 200);
    });

    runner.it('opens one session for 20 logins at once with one answer', async () => {
      const { user, answers } = await enrolled();
      const right = await toLogIn(user, answers);
      const all = await Promise.all(Array.from({ length: 20 }, () => user.logIn(right)));
      assert.equal(all.filter(({ status }) => status === 200).length, 1);
    });

    runner.it('refuses a wrong answer, and takes the right one after it', async () => {
      const { user, answers } = await enrolled();
      const right = await toLogIn(user, answers);
      assert.equal(slugOf(await user.logIn(answers.wrong())), 'code_rejected');
      assertStatus(await user.logIn(right), 200);
    });

    runner.it('is locked by wrong answers, 50 at once too, and opens by itself', async () => {
      const { user, answers } = await enrolled();
      const right = await toLogIn(user, answers);
      const guesses = await Promise.all(Array.from({ length: 50 }, () => user.logIn(answers.wrong())));
      assert.equal(guesses.filter(({ status }) => status === 200).length, 0);
      assert.ok(guesses.filter((answer) => slugOf(answer) === 'locked').length >= 50 - maxFailures);
      assert.equal(slugOf(await user.logIn(right)), 'locked');
      clock.advance(DAY);
      assertStatus(await user.logIn(await toLogIn(user, answers)), 200);
    });

    runner.it("does not take another user's answer", async () => {
      const [one, other] = [await enrolled(), await enrolled()];
      const theirs = await toLogIn(other.user, other.answers);
      assertRefused(await one.user.logIn(theirs));
      assertStatus(await other.user.logIn(theirs), 200);
    });

    runner.it('refuses malformed input clearly, which counts as no guess and spends nothing', async () => {
      const { user, answers } = await enrolled();
      const right = await toLogIn(user, answers);
      for (const payload of MALFORMED) {
        const { status, body } = await user.logIn(payload);
        assert.ok(status >= 400 && status < 500, `${JSON.stringify(payload)} gives ${status} ${JSON.stringify(body)}`);
        assert.equal(typeof body['error'], 'string');
      }
      assertStatus(await user.logIn(right), 200);
    });

    runner.it('is replaced and removed only with a fresh proof', async () => {
      const { user, answers } = await enrolled();
      clock.advance(10 * MINUTE); // setting it up was a proof
      const replacing = begin(user).then(({ confirmation }) => user.save(confirmation));
      await replacing.then(assertRefused, () => undefined);
      assert.equal(slugOf(await user.save(null)), 'fresh_proof_required');
      await assertDemanded(user);
      assertRefused(await user.save(answers.wrong()));
      assert.equal(slugOf(await user.save(null)), 'fresh_proof_required');
      clock.advance(pauseMs);
      assertStatus(await user.save(await toProve(user, answers)), 200);
      assertStatus(await user.save(null), 200);
      assertStatus(await user.logIn(), 200);
    });

    runner.it('shows its user a status, which changes nothing when it is sent back, and others nothing', async () => {
      const { user, answers } = await enrolled();
      const shown = ((await user.me())['authData'] as Record<string, Record<string, unknown>>)[key] ?? {};
      assert.equal(shown['status'], 'enabled');
      assert.ok(Object.values(shown).every((value) => typeof value === 'string'));
      assert.equal(Object.hasOwn(shown, 'sealed'), false);
      assertStatus(await user.save(shown), 200);
      assertRefused(await user.logIn(shown));
      const seen = JSON.stringify(await user.seenByAll());
      for (const hidden of ['sealed', ...Object.values(shown).map(String)]) assert.ok(!seen.includes(hidden), seen);
      await assertDemanded(user);
      assertStatus(await user.logIn(await toLogIn(user, answers)), 200);
    });
  });
}

function assertStatus(answer: ServerAnswer, status: number): ServerAnswer {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  return answer;
}

function assertRefused({ status, body }: ServerAnswer): void {
  assert.ok(status >= 400 && status < 500, `not refused: ${status} ${JSON.stringify(body)}`);
}
