import assert from 'node:assert/strict';
import { fakeClock, type FakeClock } from './fake-clock.js';
import { SuiteUser, type FactorServer, type ServerAnswer } from './suite-user.js';

export const MINUTE = 60_000;
export const DAY: number = 24 * 60 * MINUTE;

/** The answers of an enrolled factor. */
export interface FactorAnswers {
  /**
   * Returns a correct answer that was not used before.
   * @param ask requests the challenge to answer and returns the factor's reply; not called if answers need no challenge
   */
  right(ask: () => Promise<Readonly<Record<string, string>>>): unknown;
  /** Returns a wrong answer in the correct format. */
  wrong(): unknown;
}

/** An enrolment that was begun. */
export interface BegunEnrolment {
  /** The payload that confirms it. */
  readonly confirmation: unknown;
  /** A payload in the correct format that does not confirm it. */
  readonly wrongConfirmation: unknown;
  /** How to answer the factor once it is enrolled. */
  readonly answers: FactorAnswers;
}

/** A second factor under test. */
export interface FactorSuiteOptions {
  /** Its key in `auth`. */
  readonly key: string;
  /**
   * Starts a Parse Server on an empty database, with this factor under its key and no other. It must call `factors.install` and
   * pass `clock` to `composeFactors`. Called once.
   */
  readonly start: (clock: FakeClock) => Promise<FactorServer>;
  /** Begins the enrolment of a user, with `user.challenge`. */
  readonly begin: (user: SuiteUser) => Promise<BegunEnrolment>;
  /**
   * Whether an answer belongs to a challenge: it then works for its purpose only, and for a limited time. `true` by default;
   * `false` if answers need no challenge, as with an authenticator app.
   */
  readonly isChallenged?: boolean;
  /**
   * Whether an unused answer is refused after a day; `true` by default. Set `false` for event-based factors such as HOTP (RFC
   * 4226), whose codes work until they or a later one are used. The suite then checks that instead.
   */
  readonly answersExpire?: boolean;
  /** How many failures lock the factor, 10 by default. */
  readonly maxFailures?: number;
  /** How long to wait between two challenges, in milliseconds; three minutes by default. */
  readonly pauseMs?: number;
}

/** Payloads that answer no factor. */
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
  { __type: 'Pointer', className: '_User', objectId: 'someone' },
  { __op: 'Delete' },
  { sealed: '1.key.AAAA' },
  { id: 'someone' },
];

/** A user who has enrolled the factor. */
export interface EnrolledUser {
  readonly user: SuiteUser;
  readonly answers: FactorAnswers;
}

/** A server with the factor under test, and its users. */
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

  /** Signs up a new user, a day after the previous one. */
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

/** Returns a correct answer for a login. */
export const toLogIn = async ({ user, answers }: EnrolledUser): Promise<unknown> =>
  answers.right(() => user.challengeByPassword());

/** Returns a correct answer for a step-up proof. */
export const toProve = async ({ user, answers }: EnrolledUser): Promise<unknown> => answers.right(() => user.challenge(true));

export function assertStatus(answer: ServerAnswer, status: number): ServerAnswer {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  return answer;
}

export function assertRefused({ status, body }: ServerAnswer): void {
  assert.ok(status >= 400 && status < 500, `not refused: ${status} ${JSON.stringify(body)}`);
}
