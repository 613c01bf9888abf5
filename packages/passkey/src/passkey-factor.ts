import {
  beginGuess,
  Factor,
  FactorError,
  factorSubject,
  guessSubject,
  type Alone,
  type Confirmed,
  type EnrolledContext,
  type FactorContext,
  type FactorUser,
  type Intent,
  type ProvenAlone,
  type Purpose,
  type Reply,
  type RequestContext,
} from '@parse-factors/core';
import { readCredential, type GivenAssertion } from './given-credential.js';
import { ALONE, beginAssertion, beginRegistration, ceremonyOf, newHandle } from './passkey-ceremonies.js';
import { readChallenge } from './passkey-challenge.js';
import { passkeyFault } from './passkey-fault.js';
import { resolvePasskeyOptions, type PasskeyOptions, type ResolvedPasskeyOptions } from './passkey-options.js';
import {
  assertRemovable,
  hasField,
  noSuchPasskey,
  readAnswer,
  readAnswerAlone,
  readChange,
  readPurpose,
  readRegistration,
} from './passkey-payload.js';
import { afterUse, describePasskeys, goesOn, type PasskeyEnrolment, type PasskeyUse } from './passkey.js';
import { verifyAssertion, verifyRegistration, type Expected } from './verify-credential.js';

type Enrolled = EnrolledContext<PasskeyEnrolment>;

/**
 * Passkeys (WebAuthn Level 3) as a second factor, and alone where the policy is `solo`. A user may have several. Each
 * challenge is good for one answer, by one user, in one session, for one purpose; a counter that goes back is refused.
 * Payloads: `{ credential, name }` to add one, `{ credential }` to answer, `{ id, credential }` to sign in alone,
 * `{ rename: <id>, name }`, `{ remove: <id> }`.
 */
export class PasskeyFactor extends Factor<PasskeyEnrolment> {
  override readonly alone: Alone<PasskeyEnrolment> | undefined;
  readonly #options: ResolvedPasskeyOptions;

  /** @throws FactorConfigError naming the option and what it accepts */
  constructor(options: PasskeyOptions) {
    super();
    this.#options = resolvePasskeyOptions(options);
    const alone: Alone<PasskeyEnrolment> = {
      begin: (context, payload) => this.#beginAlone(context, payload),
      assertReadable: (payload) => void readAnswerAlone(payload),
      check: (context, payload, enrolment) => this.#checkAlone(context, payload, enrolment),
    };
    this.alone = this.#options.policy === 'solo' ? alone : undefined;
  }

  intent(payload: unknown, _user: FactorUser, enrolment: PasskeyEnrolment | undefined): Intent {
    if (enrolment === undefined) return 'enrol';
    if (payload === true) return 'either';
    if (hasField(payload, 'purpose')) return readPurpose(payload) === 'enrolment' ? 'enrol' : 'answer';
    if (hasField(payload, 'rename')) return 'manage';
    if (hasField(payload, 'remove')) {
      assertRemovable(payload, enrolment);
      return 'reduce';
    }
    const credential: unknown = hasField(payload, 'credential') ? Reflect.get(payload as object, 'credential') : undefined;
    return credential !== undefined && readCredential(credential).kind === 'registration' ? 'enrol' : 'answer';
  }

  override handleOf({ handle }: PasskeyEnrolment): string {
    return handle;
  }

  async beginEnrolment(context: FactorContext, payload: unknown, enrolment: PasskeyEnrolment | undefined): Promise<Reply> {
    if (payload !== true && readPurpose(payload) !== 'enrolment') throw new FactorError('not_enrolled');
    this.#assertRoom(enrolment);
    return beginRegistration(context, this.#options, enrolment);
  }

  async confirmEnrolment(
    context: Enrolled,
    payload: unknown,
    enrolment: PasskeyEnrolment | undefined,
  ): Promise<Confirmed<PasskeyEnrolment>> {
    const { given, name } = readRegistration(payload);
    this.#assertRoom(enrolment);
    const subject = factorSubject(context, 'enrolment');
    const guess = await beginGuess(context, subject, 'enrolment', this.#options);
    const challenge = readChallenge(context, ceremonyOf(context, 'enrolment'), given.challenge);
    if (challenge.reason === 'code_rejected') throw guess.reject('code_rejected');
    const expected = this.#expected(this.#options.policy === 'solo' || this.#options.userVerification === 'required');
    const passkey = await verifyRegistration(given, expected, { name, addedAt: context.clock() });
    const fault = passkey === undefined ? passkeyFault(given, this.#options) : undefined;
    if (passkey === undefined || !(await challenge.spend())) throw guess.reject(challenge.reason ?? 'code_rejected', fault);
    if (!challenge.ok) throw guess.reject(challenge.reason);
    await context.store.pardon(subject);
    return { enrolment: { handle: enrolment?.handle ?? newHandle(context), passkeys: [passkey] } };
  }

  async challenge(context: FactorContext, purpose: Purpose, { passkeys }: PasskeyEnrolment): Promise<Reply> {
    return beginAssertion(context, ceremonyOf(context, purpose), this.#options, passkeys);
  }

  async verify(context: Enrolled, purpose: Purpose, payload: unknown, enrolment: PasskeyEnrolment): Promise<undefined> {
    const given = readAnswer(payload);
    const subject = guessSubject(context, purpose);
    const guess = await beginGuess(context, subject, purpose, this.#options);
    const challenge = readChallenge(context, ceremonyOf(context, purpose), given.challenge);
    if (challenge.reason === 'code_rejected') throw guess.reject('code_rejected');
    const use = await verifyAssertion(given, this.#expected(this.#options.userVerification === 'required'), enrolment);
    const fault = use === undefined ? passkeyFault(given, this.#options) : undefined;
    if (use === undefined || !(await challenge.spend())) throw guess.reject(challenge.reason ?? 'code_rejected', fault);
    if (!challenge.ok) throw guess.reject(challenge.reason);
    if (!(await storeUse(context, given, use))) throw guess.reject('code_rejected');
    await context.store.pardon(subject);
    context.emit({ type: 'verified', purpose });
  }

  override join({ handle, passkeys }: PasskeyEnrolment, { passkeys: added }: PasskeyEnrolment): PasskeyEnrolment {
    if (passkeys.some(({ id }) => added.some((passkey) => passkey.id === id))) throw new FactorError('already_enrolled');
    if (passkeys.length >= this.#options.maxPasskeys) throw tooMany();
    return { handle, passkeys: [...passkeys, ...added] };
  }

  describe(enrolment: PasskeyEnrolment): Reply {
    return describePasskeys(enrolment);
  }

  /** The same passkeys, whatever their names and counters. */
  override isSame(before: PasskeyEnrolment, after: PasskeyEnrolment): boolean {
    const idsOf = ({ passkeys }: PasskeyEnrolment): string =>
      passkeys
        .map(({ id }) => id)
        .toSorted()
        .join();
    return idsOf(before) === idsOf(after);
  }

  /** Renames one, or removes one of several. */
  override async manage({ change }: Enrolled, payload: unknown): Promise<void> {
    const { id, change: changed } = readChange(payload);
    const isChanged = await change(({ handle, passkeys }) => {
      const left = passkeys.flatMap((passkey) => (passkey.id === id ? changed(passkey) : [passkey]));
      const isThere = passkeys.some((passkey) => passkey.id === id);
      return isThere && left.length > 0 ? { handle, passkeys: left } : undefined;
    });
    if (!isChanged) throw noSuchPasskey();
  }

  async #beginAlone(context: RequestContext, payload: unknown): Promise<Reply> {
    if (payload !== true) throw new FactorError('invalid_input', { sentence: 'Expected true.' });
    return beginAssertion(context, ALONE, this.#options);
  }

  /** No failure locks, or strangers could lock any user out. What is counted is the network, before this is called. */
  async #checkAlone(context: Enrolled, payload: unknown, enrolment: PasskeyEnrolment): Promise<ProvenAlone> {
    const { id, given } = readAnswerAlone(payload);
    const challenge = readChallenge(context, ALONE, given.challenge);
    const isOwn = id === enrolment.handle && given.response.response.userHandle === id;
    const isOurs = challenge.reason !== 'code_rejected' && isOwn;
    const use = isOurs ? await verifyAssertion(given, this.#expected(true), enrolment) : undefined;
    if (use !== undefined && challenge.reason === 'code_expired') await challenge.spend();
    const fault = isOurs && use === undefined ? passkeyFault(given, this.#options) : undefined;
    const before = enrolment.passkeys.find((passkey) => passkey.id === given.response.id);
    // Nothing else of the user is looked at for an answer that was used, or that a copy has given.
    if (!challenge.ok || use === undefined || before === undefined || (await challenge.isSpent()))
      throw refuse(context, fault?.reason);
    if (!goesOn(before.counter, use.counter)) throw refuse(context, 'counter_went_back');
    return {
      spend: async () => {
        if (!(await challenge.spend()) || !(await storeUse(context, given, use))) throw refuse(context);
        context.emit({ type: 'verified', purpose: 'sign-in' });
      },
    };
  }

  #assertRoom(enrolment: PasskeyEnrolment | undefined): void {
    if ((enrolment?.passkeys.length ?? 0) >= this.#options.maxPasskeys) throw tooMany();
  }

  #expected(requireUserVerification: boolean): Expected {
    return { relyingParty: this.#options, requireUserVerification };
  }
}

/** Not where its counter has gone back: there may be a copy, and the application is told. */
async function storeUse(context: Enrolled, { response: { id } }: GivenAssertion, use: Omit<PasskeyUse, 'at'>): Promise<boolean> {
  let hasGoneBack = false;
  const isStored = await context.change((enrolment) => {
    const before = enrolment.passkeys.find((passkey) => passkey.id === id);
    hasGoneBack = before !== undefined && !goesOn(before.counter, use.counter);
    return afterUse(enrolment, id, { ...use, at: context.clock() });
  });
  if (hasGoneBack) context.emit({ type: 'rejected', reason: 'counter_went_back' });
  return isStored;
}

/** Whoever has proven nothing is not told why. */
function refuse({ emit }: RequestContext, reason = 'code_rejected'): FactorError {
  emit({ type: 'rejected', purpose: 'sign-in', reason });
  return new FactorError('code_rejected');
}

const tooMany = (): FactorError => new FactorError('invalid_input', { sentence: 'There are as many passkeys as there may be.' });
