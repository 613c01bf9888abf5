import assert from 'node:assert/strict';
import { fakeClock, type FakeClock } from './fake-clock.js';
import { SuiteUser, type FactorServer, type ServerAnswer } from './suite-user.js';

export const MINUTE = 60_000;
export const DAY: number = 24 * 60 * MINUTE;

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
  /**
   * Whether an answer that was not used is refused after a day; `true` by default. `false` for factors by events, such as
   * HOTP (RFC 4226), whose codes stay good until they or a later one are used: then that is what the suite looks at.
   */
  readonly answersExpire?: boolean;
  /** Failures that lock the factor, 10 by default. */
  readonly maxFailures?: number;
  /** How long after one challenge the next may be asked for, in milliseconds; three minutes by default. */
  readonly pauseMs?: number;
}

/** Payloads that are an answer of no factor. */
export const MALFORMED: readonly unknown[] = [
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
  { code: '一二三四五六' },
  { __type: 'Pointer', className: '_User', objectId: 'somebody' },
  { __op: 'Delete' },
  { sealed: '1.key.AAAA' },
  { id: 'somebody' },
];

/** Somebody who has set the factor up. */
export interface EnrolledUser {
  readonly user: SuiteUser;
  readonly answers: FactorAnswers;
}

/** A server with the factor under test, and people on it. */
export class FactorStage {
  readonly clock: FakeClock = fakeClock();
  /** How long to wait before the next challenge, in milliseconds. */
  readonly pauseMs: number;
  readonly #options: FactorSuiteOptions;
  #server: FactorServer | undefined;

  constructor(options: FactorSuiteOptions) {
    this.#options = options;
    this.pauseMs = options.pauseMs ?? 3 * MINUTE;
  }

  async start(): Promise<void> {
    this.#server = await this.#options.start(this.clock);
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  /** Somebody who has just signed up, a day after everybody before. */
  newUser(): Promise<SuiteUser> {
    assert.ok(this.#server !== undefined, 'the server did not start');
    this.clock.advance(DAY);
    return SuiteUser.signUp(this.#server, this.#options.key);
  }

  async enrolled(): Promise<EnrolledUser> {
    const user = await this.newUser();
    const { confirmation, answers } = await this.#options.begin(user);
    assertStatus(await user.save(confirmation), 200);
    this.clock.advance(this.pauseMs);
    return { user, answers };
  }

  async assertDemanded(user: SuiteUser): Promise<void> {
    const { status, body } = await user.logIn();
    assert.equal(status, 400);
    assert.match(String(body['error']), new RegExp(`Missing additional authData .*\\b${this.#options.key}\\b`));
  }
}

/** A right answer to log in with. */
export const toLogIn = async ({ user, answers }: EnrolledUser): Promise<unknown> =>
  answers.right(() => user.challengeByPassword());

/** A right answer that is a fresh proof. */
export const toProve = async ({ user, answers }: EnrolledUser): Promise<unknown> => answers.right(() => user.challenge(true));

export function assertStatus(answer: ServerAnswer, status: number): ServerAnswer {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  return answer;
}

export function assertRefused({ status, body }: ServerAnswer): void {
  assert.ok(status >= 400 && status < 500, `not refused: ${status} ${JSON.stringify(body)}`);
}
