import type { FactorUser, Reply, RequestContext } from './context.js';

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

/** What a factor that signs in alone may ask about users, and have done for one. */
export interface SignInUsers {
  /** The keys of the second factors of the application. */
  readonly secondFactors: readonly string[];
  /** Whether a user has that id. */
  isKnown(id: string): Promise<boolean>;
  /** The users whose fields have these values: two at most. */
  find(fields: Readonly<Record<string, unknown>>): Promise<readonly FactorUser[]>;
  /**
   * Has a second factor of the user challenged for a login, where he has set it up; resolves to whether it was.
   * What fails is an event, and rejects nothing. Whom it is for has proven no second factor: nobody may wait
   * for it, or learn how it went.
   */
  challenge(user: FactorUser, secondFactor: string): Promise<boolean>;
}

/** Whom a payload means. */
export interface FoundUser {
  /** Who has proven himself by it; undefined for nobody. */
  readonly user: FactorUser | undefined;
  /** Stands in the payload in place of all that was sent, for {@link SignIn.check}: opaque, and good once. */
  readonly ticket: string;
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

  /**
   * Refuses what cannot be an answer of any user. Called before anything is counted.
   *
   * @throws FactorError `invalid_input`, `address_refused`
   */
  assertReadable?(payload: unknown): void;

  /** The store's name for what is guessed at. */
  subject(context: RequestContext, id: string): string;

  /**
   * Begins: by sending a code, for example.
   *
   * @throws FactorError `invalid_input`, `address_refused`, `cooldown`, `delivery_failed`
   */
  begin(context: RequestContext, payload: unknown, users: SignInUsers): Promise<Reply>;

  /**
   * Set where nobody sends an id: finds whom a payload means, before Parse Server looks for anybody. It
   * counts the attempt before it looks, and says nothing: whoever is found gets an id that is made for
   * him, and everybody else one that nobody has. `check` sees no more than that id and the ticket. What
   * else is wrong with a login is then told as `code_rejected` too.
   *
   * @param context of nobody's request: without an address and headers
   * @throws FactorError `invalid_input`
   */
  find?(context: RequestContext, payload: unknown, users: SignInUsers): Promise<FoundUser>;

  /** Whether it is enough for users without a second factor; true by default. */
  readonly alone?: boolean;

  /**
   * Checks an answer, which counts as an attempt, and spends nothing yet.
   *
   * @param enrolment that of the user whom Parse Server has found; undefined for nobody
   * @param storedId how it is stored
   * @throws FactorError `code_rejected` whatever is wrong with the answer, `invalid_input`
   */
  check(context: RequestContext, payload: unknown, enrolment?: Enrolment, storedId?: string): Promise<ProvenId>;
}
