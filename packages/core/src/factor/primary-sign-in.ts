import type { Authentication } from './authentication.js';
import type { EnrolledContext, FactorUser, Reply, RequestContext } from './context.js';

/** A verified credential that also identifies its user. It is not used up yet. */
export interface VerifiedCredential {
  /** The id by which Parse Server finds the user, in normalised form. */
  readonly id: string;
  /**
   * Uses up the credential. Resolves for exactly one caller.
   *
   * @throws FactorError `code_rejected`
   */
  consume(): Promise<void>;
}

/** A verified enrolment that no user has yet. */
export interface NewEnrolment<Enrolment extends object> extends VerifiedCredential {
  /** What to keep about the user. Its record is found by {@link VerifiedCredential.id}. */
  readonly enrolment: Enrolment;
}

/** What a primary factor may read about users, and start for one. */
export interface SignInUsers {
  /** The keys of the application's second factors. */
  readonly secondFactors: readonly string[];
  /** Tells whether a user has that id. */
  isKnown(id: string): Promise<boolean>;
  /** Returns the users whose fields have these values, two at most. */
  find(fields: Readonly<Record<string, unknown>>): Promise<readonly FactorUser[]>;
  /**
   * Checks the request by the option `allow` of a second factor, as far as that needs no address. Await it before a user is
   * looked for: a token that is used up only for users who exist would reveal them (CWE-204). Without it, {@link challenge}
   * checks the request.
   *
   * @throws FactorError `address_refused`, `unavailable`
   */
  assertChecked(secondFactor: string): Promise<void>;
  /**
   * Sends a sign-in challenge for one of the user's second factors. Never rejects; failures are emitted as events. Do
   * not await it before replying: its duration reveals whether the user exists. Resolves to whether the user has set
   * up the factor.
   */
  challenge(user: FactorUser, secondFactor: string): Promise<boolean>;
}

/** The user that a payload identifies, if any. */
export interface FoundUser {
  /** The user whose credential was correct; undefined for none. */
  readonly user: FactorUser | undefined;
  /** Replaces everything that was sent, for {@link PrimarySignIn.read}. Opaque, and valid once. */
  readonly ticket: string;
}

/** The user that Parse Server has found by the id of a credential. */
export interface IdentifiedUser<Enrolment extends object> {
  /** What the factor works with for that user. */
  readonly context: EnrolledContext<Enrolment>;
  /** What is kept about the user; undefined if the factor is not set up. */
  readonly enrolment: Enrolment | undefined;
  /** The id as it is stored; undefined if none is. */
  readonly storedId: string | undefined;
}

/**
 * How an enrolment is an id and nothing else, such as an address. Its record is sealed for the id, so it can be
 * written when a user signs up, and it moves with the id.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface PrimaryIdentity<Enrolment extends object> {
  /** Returns the id of an enrolment, in normalised form. */
  idOf(enrolment: Enrolment): string;

  /**
   * Returns the enrolment that an id stands for.
   *
   * @throws FactorError `invalid_input` if it is not an id
   */
  enrolmentOf(id: string): Enrolment;

  /**
   * Tells whether an id that this factor has not sealed is accepted, because another adapter stored it.
   *
   * @param createdAt when the user signed up, as Parse Server stores it
   */
  acceptsUnsealedId(createdAt: unknown): boolean;

  /** Returns the store's name for attempts at one id, whether a user has that id or not. */
  subject(context: RequestContext, id: string): string;
}

/**
 * How a factor signs a user in as the primary factor, with a credential whose field `id` identifies the user. No
 * reply may reveal whether that id exists (user enumeration, CWE-204).
 *
 * @typeParam Enrolment what the factor keeps about a user
 * @typeParam Credential what {@link read} returns for a credential
 */
export interface PrimarySignIn<Enrolment extends object, Credential = unknown> {
  /** Whether a credential for an id that no user has signs a new user up. Needs {@link identity} or {@link enrolNew}. */
  readonly signUp: boolean;

  /** Whether only users who have set up a second factor can sign in. */
  readonly needsSecondFactor: boolean;

  /**
   * Set if the enrolment is only an id. The factor is then never a second factor. Otherwise Parse Server finds the
   * user by `multiple.lookupIdOf`, the record is sealed for the user, and the factor is a second factor as well.
   */
  readonly identity?: PrimaryIdentity<Enrolment> | undefined;

  /** What such a sign-in proves, if that is more than any other use of the factor. */
  readonly authentication?: Authentication | undefined;

  /**
   * Reads a credential. Called before anything is counted.
   *
   * @throws FactorError `invalid_input`, `address_refused` for a value that no user's credential can have
   */
  read(payload: unknown): Credential;

  /**
   * Begins a sign-in, for example by sending a code.
   *
   * @throws FactorError `invalid_input`, `address_refused`, `cooldown`, `delivery_failed`
   */
  begin(context: RequestContext, payload: unknown, users: SignInUsers): Promise<Reply>;

  /**
   * Set if clients send no id. Finds the user that a payload identifies, before Parse Server looks for one. It must
   * count the attempt first, and must not reveal whether the user exists.
   *
   * A user who is found gets an id of their own; every other request gets an id that no user has. `read` and `verify`
   * receive only that id and the ticket. Every other failure of such a login is answered with `code_rejected`.
   *
   * @param context holds nothing of the client: neither its IP address nor its headers
   * @throws FactorError `invalid_input`
   */
  lookUp?(context: RequestContext, payload: unknown, users: SignInUsers): Promise<FoundUser>;

  /**
   * Set if a user can sign up with the first enrolment of a factor whose record is sealed for the user, such as a new passkey.
   * Reads and verifies it, without using it up. The user then needs another way in, so recovery codes are issued with it.
   *
   * @param payload has a field `id`, by which Parse Server has found no user
   * @throws FactorError `code_rejected` for any wrong confirmation; `invalid_input`
   */
  enrolNew?(context: RequestContext, payload: unknown): Promise<NewEnrolment<Enrolment>>;

  /**
   * Verifies a credential, which counts as an attempt. Does not use it up yet.
   *
   * @param found the user that Parse Server has found; undefined for none
   * @throws FactorError `code_rejected` for any wrong credential, whatever is wrong with it; `invalid_input`
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

/** Returns how a factor signs in as the primary factor; undefined if its policy is `additional`. */
export const primaryOf = <Enrolment extends object>(
  factor: HasPrimary<Enrolment> | undefined,
): PrimarySignIn<Enrolment> | undefined => (factor?.policy === 'additional' ? undefined : factor?.primary);

/** Like {@link primaryOf}, but only for a pure primary factor, which is never a second factor. */
export function identityOf<Enrolment extends object>(
  factor: HasPrimary<Enrolment> | undefined,
): IdentitySignIn<Enrolment> | undefined {
  const primary = primaryOf(factor);
  return isIdentity(primary) ? primary : undefined;
}

const isIdentity = <Enrolment extends object>(
  primary: PrimarySignIn<Enrolment> | undefined,
): primary is IdentitySignIn<Enrolment> => primary?.identity !== undefined;

/** A primary factor by whose first enrolment alone users can sign up. */
export type AloneSignUp<Enrolment extends object> = PrimarySignIn<Enrolment> &
  Required<Pick<PrimarySignIn<Enrolment>, 'enrolNew'>>;

/** Returns how users sign up with the factor's first enrolment alone; undefined if they cannot. */
export function signsUpAlone<Enrolment extends object>(
  factor: HasPrimary<Enrolment> | undefined,
): AloneSignUp<Enrolment> | undefined {
  const primary = primaryOf(factor);
  return primary?.signUp === true && primary.enrolNew !== undefined ? (primary as AloneSignUp<Enrolment>) : undefined;
}
