import type { EnrolledContext, FactorUser, Reply, RequestContext } from './context.js';

/** A credential that was right and has not been used up yet. It also identifies its user. */
export interface VerifiedCredential {
  /** The id by which Parse Server finds the user, in its one form. */
  readonly id: string;
  /**
   * Uses the credential up: resolves for exactly one caller.
   *
   * @throws FactorError `code_rejected`
   */
  consume(): Promise<void>;
}

/** What a primary factor may ask about users, and have done for one. */
export interface SignInUsers {
  /** The keys of the second factors of the application. */
  readonly secondFactors: readonly string[];
  /** Whether a user has that id. */
  isKnown(id: string): Promise<boolean>;
  /** The users whose fields have these values: two at most. */
  find(fields: Readonly<Record<string, unknown>>): Promise<readonly FactorUser[]>;
  /**
   * Sends a sign-in challenge for one of the user's second factors. Never rejects; failures are events. Do not await it
   * before replying: its duration reveals whether the user exists. Resolves to whether the user has set the factor up.
   */
  challenge(user: FactorUser, secondFactor: string): Promise<boolean>;
}

/** The user that a payload identifies, if any. */
export interface FoundUser {
  /** The user whose credential was right; undefined for none. */
  readonly user: FactorUser | undefined;
  /** Takes the place of all that was sent, for {@link PrimarySignIn.read}: opaque, and good once. */
  readonly ticket: string;
}

/** The user whom Parse Server has found by the id of a credential. */
export interface IdentifiedUser<Enrolment extends object> {
  /** What the factor works with for that user. */
  readonly context: EnrolledContext<Enrolment>;
  /** What is kept about the user; undefined where the factor is not set up. */
  readonly enrolment: Enrolment | undefined;
  /** The id as it is stored; undefined where none is. */
  readonly storedId: string | undefined;
}

/**
 * How an enrolment is an id and nothing else, such as an address. Its record is sealed for the id, so that it can be written
 * when a user signs up and is moved with the id.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface PrimaryIdentity<Enrolment extends object> {
  /** The id of an enrolment, in its one form. */
  idOf(enrolment: Enrolment): string;

  /**
   * The enrolment that an id stands for.
   *
   * @throws FactorError `invalid_input` where it is no id
   */
  enrolmentOf(id: string): Enrolment;

  /**
   * Whether an id that this factor has not sealed is accepted, as another adapter has stored it.
   *
   * @param createdAt when its user signed up, as Parse Server gives it
   */
  acceptsUnsealedId(createdAt: unknown): boolean;

  /** The store's name for what is guessed at: one id, whether a user has it or not. */
  subject(context: RequestContext, id: string): string;
}

/**
 * How a factor signs a user in with nothing before it, by a credential that names the user in its field `id`. No reply may
 * reveal whether that id exists (user enumeration, CWE-204).
 *
 * @typeParam Enrolment what the factor keeps about a user
 * @typeParam Credential what it reads a credential to
 */
export interface PrimarySignIn<Enrolment extends object, Credential = unknown> {
  /** Whether a credential for an id that no user has signs a user up. Needs {@link identity}. */
  readonly signUp: boolean;

  /** Whether it lets in only users who have set up a second factor. */
  readonly needsSecondFactor: boolean;

  /**
   * Set where the enrolment is the id. The factor is then no second factor. Otherwise, Parse Server finds the user by
   * `multiple.lookupIdOf`, the record is sealed for the user, and the factor is a second factor as well.
   */
  readonly identity?: PrimaryIdentity<Enrolment> | undefined;

  /**
   * Reads a credential. Called before anything is counted.
   *
   * @throws FactorError `invalid_input`, `address_refused` for what can be no credential of any user
   */
  read(payload: unknown): Credential;

  /**
   * Begins a sign-in: by sending a code, for example.
   *
   * @throws FactorError `invalid_input`, `address_refused`, `cooldown`, `delivery_failed`
   */
  begin(context: RequestContext, payload: unknown, users: SignInUsers): Promise<Reply>;

  /**
   * Set where clients send no id: finds the user that a payload identifies, before Parse Server looks for any. It counts the
   * attempt first and reveals nothing. A user who is found gets an id of their own, and every other request one that no user
   * has; `read` and `verify` see only that id and the ticket. Every other failure of such a login is told as `code_rejected`.
   *
   * @param context knows nothing of the client: neither its address nor its headers
   * @throws FactorError `invalid_input`
   */
  lookUp?(context: RequestContext, payload: unknown, users: SignInUsers): Promise<FoundUser>;

  /**
   * Checks a credential, which counts as an attempt, and does not use it up yet.
   *
   * @param found the user whom Parse Server has found; undefined for none
   * @throws FactorError `code_rejected` whatever is wrong with the credential; `invalid_input`
   */
  verify(
    context: RequestContext,
    credential: Credential,
    found: IdentifiedUser<Enrolment> | undefined,
  ): Promise<VerifiedCredential>;
}

interface HasPrimary<Enrolment extends object> {
  readonly policy: 'additional' | 'default' | 'solo';
  readonly primary?: PrimarySignIn<Enrolment> | undefined;
}

/** A primary factor whose enrolment is its id. */
export type IdentitySignIn<Enrolment extends object> = PrimarySignIn<Enrolment> & {
  readonly identity: PrimaryIdentity<Enrolment>;
};

/** How a factor signs in with nothing before it, where its policy says that it does. */
export const primaryOf = <Enrolment extends object>(
  factor: HasPrimary<Enrolment> | undefined,
): PrimarySignIn<Enrolment> | undefined => (factor?.policy === 'additional' ? undefined : factor?.primary);

/** As {@link primaryOf}, where the factor is a primary factor only, and no second factor. */
export function identityOf<Enrolment extends object>(
  factor: HasPrimary<Enrolment> | undefined,
): IdentitySignIn<Enrolment> | undefined {
  const primary = primaryOf(factor);
  return isIdentity(primary) ? primary : undefined;
}

const isIdentity = <Enrolment extends object>(
  primary: PrimarySignIn<Enrolment> | undefined,
): primary is IdentitySignIn<Enrolment> => primary?.identity !== undefined;
