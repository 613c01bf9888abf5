import { FactorError } from '@parse-factors/core';
import {
  type Authentication,
  beginAttempt,
  Factor,
  factorSubject,
  attemptSubject,
  type AuthenticatorChange,
  type AuthenticatorRules,
  type Confirmed,
  type EnrolledContext,
  type EnrolmentLifecycle,
  type FactorContext,
  type IdentifiedUser,
  type Management,
  type MultipleEnrolments,
  type NewEnrolment,
  type PayloadSource,
  type PrimarySignIn,
  type Purpose,
  type Reply,
  type RequestContext,
  type VerifiedCredential,
} from '@parse-factors/core/factor';
import type { AssertionAnswer } from './parse-credential.js';
import {
  PRIMARY_SIGN_IN,
  SIGN_UP,
  beginAssertion,
  beginRegistration,
  beginSignUp,
  ceremonyOf,
  handleOfNonce,
  newHandle,
} from './passkey-ceremonies.js';
import { readChallenge } from './passkey-challenge.js';
import { passkeyFault } from './passkey-fault.js';
import { resolvePasskeyOptions, type PasskeyOptions, type ResolvedPasskeyOptions } from './passkey-options.js';
import { readCommand, type PasskeyCommand } from './passkey-command.js';
import {
  hasField,
  passkeyRules,
  readNamedAssertion,
  readNamedRegistration,
  readSignUp,
  type Mediation,
  type NamedAssertion,
  type NamedRegistration,
} from './passkey-payload.js';
import { describePasskeys, goesOn, hasSamePasskeys, type PasskeyEnrolment } from './passkey.js';
import { changePasskey, storeUse } from './stored-passkeys.js';
import { verifyAssertion, verifyRegistration, type Expected } from './verify-credential.js';

type Enrolled = EnrolledContext<PasskeyEnrolment>;

/**
 * Passkeys (WebAuthn Level 3) as a second factor. With policy `solo` they can also replace the password. A user may have
 * several.
 * Each challenge accepts one answer, from one user, in one session, for one purpose. A signature counter that goes back is
 * refused.
 * A browser may also create the first one without a dialog, after a login with a password.
 * Payloads: `{ credential, name }` to add one, `{ credential }` to answer, `{ id, credential }` to sign in without a password or
 * to sign up,
 * `{ rename: <id>, name }`, `{ remove: <id> }`.
 * @example
 * ```ts
 * import { composeFactors } from '@parse-factors/core';
 * import { PasskeyFactor } from '@parse-factors/passkey';
 *
 * export const factors = (keys: string) =>
 *   composeFactors({
 *     keys,
 *     factors: {
 *       passkey: new PasskeyFactor({ rpId: 'acme.example', origins: ['https://acme.example'], rpName: 'Acme', policy: 'solo' }),
 *     },
 *   });
 * ```
 */
export class PasskeyFactor extends Factor<PasskeyEnrolment, AssertionAnswer, NamedRegistration, Mediation> {
  override readonly policy: 'additional' | 'solo';
  override readonly primary: PrimarySignIn<PasskeyEnrolment, NamedAssertion>;
  override readonly authentication: Authentication;
  override readonly multiple: MultipleEnrolments<PasskeyEnrolment> = {
    lookupIdOf: ({ handle }) => handle,
    merge: (stored, added) => this.#merge(stored, added),
  };
  /** Renames one passkey, or removes one of several. */
  override readonly management: Management<PasskeyEnrolment, AuthenticatorChange> = {
    apply: (context, change) => changePasskey(context, change, this.#rules),
  };
  /** The same passkeys, whatever their names and counters. */
  override readonly lifecycle: EnrolmentLifecycle<PasskeyEnrolment> = { isSame: hasSamePasskeys };
  readonly #options: ResolvedPasskeyOptions;
  readonly #rules: AuthenticatorRules;

  /** @throws FactorConfigError naming the option and what it accepts */
  constructor(options: PasskeyOptions) {
    super();
    this.#options = resolvePasskeyOptions(options);
    this.#rules = passkeyRules(this.#options.maxPasskeys);
    this.policy = this.#options.policy;
    this.primary = {
      signUp: this.#options.signUp,
      needsSecondFactor: false,
      authentication: { amr: ['pop', 'user'], proves: 'both' }, // a sign-in always verifies the user
      read: readNamedAssertion,
      begin: (context, payload) => this.#beginSignIn(context, payload),
      enrolNew: (context, payload) => this.#enrolNew(context, payload),
      verify: (context, credential, found) => this.#verifySignIn(context, credential, found),
    };
    const isVerifying = this.#options.userVerification === 'required';
    this.authentication = { amr: ['pop', 'user'], proves: isVerifying ? 'both' : 'possession' };
  }

  read(payload: unknown, source: PayloadSource<PasskeyEnrolment>): PasskeyCommand {
    return readCommand(payload, source, this.#rules);
  }

  async beginEnrolment(context: FactorContext, begin: Mediation, enrolment: PasskeyEnrolment | undefined): Promise<Reply> {
    const isConditional = begin === 'conditional';
    if (isConditional && enrolment !== undefined) throw new FactorError('already_enrolled');
    this.#rules.assertRoom(enrolment?.passkeys ?? []);
    return beginRegistration(context, this.#options, { enrolment, isConditional });
  }

  async confirmEnrolment(
    context: Enrolled,
    { answer, name }: NamedRegistration,
    enrolment: PasskeyEnrolment | undefined,
  ): Promise<Confirmed<PasskeyEnrolment>> {
    this.#rules.assertRoom(enrolment?.passkeys ?? []);
    const subject = factorSubject(context, 'enrolment');
    const attempt = await beginAttempt(context, subject, 'enrolment', this.#options);
    const conditional = readChallenge(context, ceremonyOf(context, 'conditional'), answer.challenge);
    const isConditional = enrolment === undefined && conditional.reason !== 'code_rejected';
    const challenge = isConditional ? conditional : readChallenge(context, ceremonyOf(context, 'enrolment'), answer.challenge);
    if (challenge.reason === 'code_rejected') throw attempt.reject('code_rejected');
    const isVerifying = this.#options.policy === 'solo' || this.#options.userVerification === 'required';
    // Without a dialog, the user does not touch the authenticator. The first sign-in verifies the user.
    const expected = isConditional ? { ...this.#expected(false), requireUserPresence: false } : this.#expected(isVerifying);
    const passkey = await verifyRegistration(answer, expected, { name, addedAt: context.clock() });
    const fault = passkey === undefined ? passkeyFault(answer, this.#options) : undefined;
    if (passkey === undefined || !(await challenge.consume())) throw attempt.reject(challenge.reason ?? 'code_rejected', fault);
    if (!challenge.ok) throw attempt.reject(challenge.reason);
    await context.store.pardon(subject);
    return { enrolment: { handle: enrolment?.handle ?? newHandle(context), passkeys: [passkey] } };
  }

  async challenge(context: FactorContext, purpose: Purpose, { passkeys }: PasskeyEnrolment): Promise<Reply> {
    return beginAssertion(context, ceremonyOf(context, purpose), this.#options, passkeys);
  }

  async verify(context: Enrolled, purpose: Purpose, answer: AssertionAnswer, enrolment: PasskeyEnrolment): Promise<undefined> {
    const subject = attemptSubject(context, purpose);
    const attempt = await beginAttempt(context, subject, purpose, this.#options);
    const challenge = readChallenge(context, ceremonyOf(context, purpose), answer.challenge);
    if (challenge.reason === 'code_rejected') throw attempt.reject('code_rejected');
    const use = await verifyAssertion(answer, this.#expected(this.#options.userVerification === 'required'), enrolment);
    const fault = use === undefined ? passkeyFault(answer, this.#options) : undefined;
    if (use === undefined || !(await challenge.consume())) throw attempt.reject(challenge.reason ?? 'code_rejected', fault);
    if (!challenge.ok) throw attempt.reject(challenge.reason);
    if (!(await storeUse(context, answer, use))) throw attempt.reject('code_rejected');
    await context.store.pardon(subject);
    context.emit({ type: 'verified', purpose });
  }

  describe(enrolment: PasskeyEnrolment): Reply {
    return describePasskeys(enrolment);
  }

  async #beginSignIn(context: RequestContext, payload: unknown): Promise<Reply> {
    if (this.#options.signUp && hasField(payload, 'purpose'))
      return beginSignUp(context, this.#options, readSignUp(payload).name ?? this.#options.rpName);
    if (payload !== true) throw new FactorError('invalid_input', { sentence: 'The only accepted value is true.' });
    return beginAssertion(context, PRIMARY_SIGN_IN, this.#options);
  }

  /** Verifies the first passkey of a user who is about to sign up. */
  async #enrolNew(context: RequestContext, payload: unknown): Promise<NewEnrolment<PasskeyEnrolment>> {
    const registration = readNamedRegistration(payload);
    if (registration === undefined) throw refuse(context); // a sign-in with a handle that no user has
    const { id, answer, name } = registration;
    const challenge = readChallenge(context, SIGN_UP, answer.challenge);
    const isOurs = challenge.ok && id === handleOfNonce(context, challenge.nonce);
    const passkey = isOurs
      ? await verifyRegistration(answer, this.#expected(true), { name, addedAt: context.clock() })
      : undefined;
    if (!isOurs || passkey === undefined || (await challenge.isUsed()))
      throw refuse(context, isOurs ? passkeyFault(answer, this.#options)?.reason : undefined);
    return {
      id,
      enrolment: { handle: id, passkeys: [passkey] },
      consume: async () => {
        if (!(await challenge.consume())) throw refuse(context);
      },
    };
  }

  /**
   * Failures lock no account here: otherwise a stranger could lock any user out. The caller counts attempts per network first.
   */
  async #verifySignIn(
    context: RequestContext,
    { id, answer }: NamedAssertion,
    found: IdentifiedUser<PasskeyEnrolment> | undefined,
  ): Promise<VerifiedCredential> {
    if (found?.enrolment === undefined) throw new FactorError('code_rejected');
    const { enrolment } = found;
    const challenge = readChallenge(context, PRIMARY_SIGN_IN, answer.challenge);
    const isOwn = id === enrolment.handle && answer.response.response.userHandle === id;
    const isOurs = challenge.reason !== 'code_rejected' && isOwn;
    const use = isOurs ? await verifyAssertion(answer, this.#expected(true), enrolment) : undefined;
    if (use !== undefined && challenge.reason === 'code_expired') await challenge.consume();
    const fault = isOurs && use === undefined ? passkeyFault(answer, this.#options) : undefined;
    const before = enrolment.passkeys.find((passkey) => passkey.id === answer.response.id);
    // Further checks run only if the answer is unused and its passkey is not a copy.
    if (!challenge.ok || use === undefined || before === undefined || (await challenge.isUsed()))
      throw refuse(context, fault?.reason);
    if (!goesOn(before.counter, use.counter)) throw refuse(context, 'counter_went_back');
    return {
      id,
      consume: async () => {
        if (!(await challenge.consume()) || !(await storeUse(found.context, answer, use))) throw refuse(context);
        context.emit({ type: 'verified', purpose: 'sign-in' });
      },
    };
  }

  #merge({ handle, passkeys }: PasskeyEnrolment, { passkeys: added }: PasskeyEnrolment): PasskeyEnrolment {
    if (passkeys.some(({ id }) => added.some((passkey) => passkey.id === id))) throw new FactorError('already_enrolled');
    this.#rules.assertRoom(passkeys);
    return { handle, passkeys: [...passkeys, ...added] };
  }

  #expected(requireUserVerification: boolean): Expected {
    return { relyingParty: this.#options, requireUserVerification };
  }
}

/** Refuses a passwordless sign-in. The client never learns the reason; it is in the event only. */
function refuse({ emit }: RequestContext, reason = 'code_rejected'): FactorError {
  emit({ type: 'rejected', purpose: 'sign-in', reason });
  return new FactorError('code_rejected');
}
