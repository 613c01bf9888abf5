import { subjectOf } from '../crypto/subject.js';
import { FactorError } from '../error/factor-error.js';
import type { Reply, RequestContext } from '../factor/context.js';
import type { ProvenId, SignIn, SignInUsers } from '../factor/primary-sign-in.js';
import { digitsRule, type FieldRule, readFields } from '../validation/payload.js';
import type { AddressEnrolment, AddressKind } from './address-type.js';
import type { CodeTarget } from './code-binding.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import { assertOneForm, type NamedAnswer, normalise, readAnswer, SAFE_INPUT } from './code-payload.js';
import type { OneTimeCodes } from './one-time-codes.js';

/** Signing in with a code sent to an address, and nothing beside it. The address is the id. */
export class CodeSignIn implements SignIn<AddressEnrolment> {
  readonly signUp: boolean;
  readonly #adoptIdsBefore: number;
  readonly #kind: AddressKind;
  readonly #codes: OneTimeCodes;
  readonly #code: FieldRule;

  constructor(kind: AddressKind, options: ResolvedCodeFactorOptions, codes: OneTimeCodes) {
    this.signUp = options.signUp;
    this.#adoptIdsBefore = options.adoptIdsBefore;
    this.#kind = kind;
    this.#codes = codes;
    this.#code = digitsRule(options.codeLength);
  }

  adopts(createdAt: unknown): boolean {
    return new Date(createdAt as string | Date).getTime() < this.#adoptIdsBefore;
  }

  idOf({ address }: AddressEnrolment): string {
    return address;
  }

  enrolmentOf(id: string): AddressEnrolment {
    return { address: normalise(id, this.#kind, 'id') };
  }

  subject({ appId, key, keyring }: RequestContext, id: string): string {
    return subjectOf('sign-in', appId, key, keyring.nameOf('address', id));
  }

  async begin(context: RequestContext, payload: unknown, users: SignInUsers): Promise<Reply> {
    const { field } = this.#kind;
    const address = normalise(readFields(payload, { [field]: SAFE_INPUT })[field] ?? '', this.#kind);
    const { signUp } = this;
    const { reply, deliver } = await this.#codes.issue(context, this.#target(context, address));
    if (signUp) await deliver();
    // Nobody waits for what goes out to some and not to others. A failure is an event.
    else if (await users.isKnown(address)) context.later(deliver());
    return { ...reply, id: address };
  }

  assertReadable(payload: unknown): void {
    this.#read(payload);
  }

  async check(context: RequestContext, payload: unknown, enrolment?: AddressEnrolment, storedId?: string): Promise<ProvenId> {
    const answer = this.#read(payload);
    const { id, address } = answer;
    if (id !== storedId || enrolment === undefined) assertOneForm(answer, this.#kind);
    if (enrolment !== undefined && enrolment.address !== address) throw new FactorError('code_rejected');
    const { spend } = await this.#codes.checkAlone(context, this.#target(context, address), answer.code);
    return { id: address, spend };
  }

  #read(payload: unknown): NamedAnswer {
    const answer = readAnswer(payload, this.#kind, this.#code);
    const { id, address } = answer;
    if (id !== undefined && address !== undefined) return { ...answer, id, address };
    throw new FactorError('invalid_input', { sentence: `Field "id" must be the ${this.#kind.field} that the code was sent to.` });
  }

  #target(context: RequestContext, address: string): CodeTarget {
    return { subject: this.subject(context, address), purpose: 'sign-in', address, user: undefined };
  }
}
