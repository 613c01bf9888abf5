import type { RequestContext, Reply } from './factor.js';

/** An id that an answer has proven, and that can be used once. */
export interface ProvenId {
  /** By which Parse Server finds the user, in its one form. */
  readonly id: string;
  /**
   * Spends the answer: resolves for exactly one caller.
   *
   * @throws FactorError `code_rejected`
   */
  spend(): Promise<void>;
}

/**
 * How a factor signs somebody in with nothing beside it. Nothing here tells whether anybody has
 * that id, and answers differ in nothing else either.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface SignIn<Enrolment extends object> {
  /** Whether whoever proves an id that nobody has is signed up. */
  readonly signUp: boolean;

  /**
   * Whether an id that this factor has not sealed is taken, as another adapter has left it.
   *
   * @param createdAt when its user signed up, as Parse Server gives it
   */
  adopts(createdAt: unknown): boolean;

  /** The id that belongs to an enrolment. */
  idOf(enrolment: Enrolment): string;

  /**
   * The enrolment that an id stands for.
   *
   * @throws FactorError `invalid_input` when it is no id
   */
  enrolmentOf(id: string): Enrolment;

  /** The store's name for what is guessed at. */
  subject(context: RequestContext, id: string): string;

  /**
   * Begins: by sending a code, for example.
   *
   * @param isKnown whether a user has that id; asked only where nobody is signed up
   * @throws FactorError `invalid_input`, `address_refused`, `cooldown`, `delivery_failed`
   */
  begin(context: RequestContext, payload: unknown, isKnown: (id: string) => Promise<boolean>): Promise<Reply>;

  /**
   * Checks an answer, which counts as an attempt, and spends nothing yet.
   *
   * @param enrolment that of the user whom Parse Server has found; undefined for nobody
   * @param storedId how it is stored
   * @throws FactorError `code_rejected` whatever is wrong with the answer, `invalid_input`
   */
  check(context: RequestContext, payload: unknown, enrolment?: Enrolment, storedId?: string): Promise<ProvenId>;
}
