import { subjectOf } from '../crypto/subject.js';
import { FactorError } from '../error/factor-error.js';
import type { Reply, RequestContext } from '../factor/context.js';
import type {
  IdentifiedUser,
  PrimaryIdentity,
  PrimarySignIn,
  SignInUsers,
  VerifiedCredential,
} from '../factor/primary-sign-in.js';
import { digitsRule, type FieldRule, readFields } from '../validation/payload.js';
import type { AddressEnrolment, AddressType } from './address-type.js';
import type { CodeBinding } from './code-binding.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import { assertOneForm, type NamedAnswer, normalise, readAnswer, SAFE_INPUT } from './code-payload.js';
import type { OneTimeCodes } from './one-time-codes.js';

/** Signs a user in with a code sent to an address, as the primary factor. The address is the id. */
export class PrimaryCodeSignIn implements PrimarySignIn<AddressEnrolment, NamedAnswer> {
  readonly signUp: boolean;
  readonly needsSecondFactor = false;
  readonly identity: PrimaryIdentity<AddressEnrolment>;
  readonly #type: AddressType;
  readonly #codes: OneTimeCodes;
  readonly #code: FieldRule;

  constructor(
    addressType: AddressType,
    { signUp = true, adoptIdsBefore = 0, codeLength }: ResolvedCodeFactorOptions,
    codes: OneTimeCodes,
  ) {
    this.signUp = signUp;
    this.identity = {
      idOf: ({ address }) => address,
      enrolmentOf: (id) => ({ address: normalise(id, addressType, 'id') }),
      acceptsUnsealedId: (createdAt) => new Date(createdAt as string | Date).getTime() < adoptIdsBefore,
      subject: ({ appId, key, keyring }, id) => subjectOf('sign-in', appId, key, keyring.stableDigest('address', id)),
    };
    this.#type = addressType;
    this.#codes = codes;
    this.#code = digitsRule(codeLength);
  }

  async begin(context: RequestContext, payload: unknown, users: SignInUsers): Promise<Reply> {
    const { field } = this.#type;
    const address = normalise(readFields(payload, { [field]: SAFE_INPUT })[field] ?? '', this.#type);
    const { signUp } = this;
    const { reply, deliver, withdraw } = await this.#codes.issue(context, this.#target(context, address));
    if (signUp) await deliver();
    // Only known addresses get a message, so the reply does not wait for it: its duration would reveal who has an
    // account (user enumeration, CWE-204). A failure is emitted as an event.
    else {
      const work = (await users.isKnown(address)) ? deliver() : withdraw();
      if (work !== undefined) context.later(work);
    }
    return { ...reply, id: address };
  }

  read(payload: unknown): NamedAnswer {
    const answer = readAnswer(payload, this.#type, this.#code);
    const { id, address } = answer;
    if (id !== undefined && address !== undefined) return { ...answer, id, address };
    throw new FactorError('invalid_input', { sentence: `Field "id" must be the ${this.#type.field} that the code was sent to.` });
  }

  async verify(
    context: RequestContext,
    answer: NamedAnswer,
    found: IdentifiedUser<AddressEnrolment> | undefined,
  ): Promise<VerifiedCredential> {
    const { id, address, code } = answer;
    const enrolment = found?.enrolment;
    if (id !== found?.storedId || enrolment === undefined) assertOneForm(answer, this.#type);
    if (enrolment !== undefined && enrolment.address !== address) throw new FactorError('code_rejected');
    const { consume } = await this.#codes.checkAlone(context, this.#target(context, address, found?.context.user.id), code);
    return { id: address, consume };
  }

  /** @param userId the user that Parse Server has found */
  #target(context: RequestContext, address: string, userId?: string): CodeBinding {
    const owner = userId === undefined ? { linkedId: address } : { userId };
    return { subject: this.identity.subject(context, address), purpose: 'sign-in', address, user: undefined, owner };
  }
}
