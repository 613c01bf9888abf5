import { FactorConfigError } from '../error/config-error.js';
import { FactorError } from '../error/factor-error.js';
import { assertLocks } from '../factor/attempt.js';
import type { FactorContext, FactorUser, Reply } from '../factor/context.js';
import { factorSubject, otherSubjects } from '../factor/factor-subject.js';
import { type Confirmed, Factor, type Intent } from '../factor/factor.js';
import type { AccountChange, FactorNotice } from '../factor/notification.js';
import type { SignIn } from '../factor/primary-sign-in.js';
import type { Purpose } from '../factor/purpose.js';
import { digitsRule, type FieldRule, readCode, readFields } from '../validation/payload.js';
import type { AddressEnrolment, AddressKind } from './address-type.js';
import type { CodeTarget } from './code-binding.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import { assertOneForm, hasField, normalise, readAnswer, SAFE_INPUT } from './code-payload.js';
import { OneTimeCodes } from './one-time-codes.js';
import { CodeSignIn } from './primary-code-sign-in.js';

/**
 * A factor that sends a code somewhere and checks it: the one implementation of that. A
 * concrete factor adds only how its addresses are read, normalised and masked.
 */
export abstract class CodeFactor extends Factor<AddressEnrolment> {
  override readonly signIn: SignIn<AddressEnrolment> | undefined;
  /** The options, with every default filled in. */
  protected readonly options: ResolvedCodeFactorOptions;
  readonly #kind: AddressKind;
  readonly #codes: OneTimeCodes;
  readonly #code: FieldRule;

  protected constructor(kind: AddressKind, options: ResolvedCodeFactorOptions) {
    super();
    const { policy, destination, codeLength } = options;
    assertLocks(new.target.name, options);
    if (policy === 'default' && destination !== undefined) {
      throw new FactorConfigError(`${new.target.name}: option "destination" is for policy "additional"`);
    }
    this.options = options;
    this.#kind = kind;
    this.#codes = new OneTimeCodes(kind, options);
    this.#code = digitsRule(codeLength);
    this.signIn = policy === 'default' ? new CodeSignIn(kind, options, this.#codes) : undefined;
  }

  async intent(payload: unknown, user: FactorUser, enrolment: AddressEnrolment | undefined): Promise<Intent> {
    if (this.#namesAddress(payload)) return this.#answersOwn(payload, enrolment) ? 'answer' : 'enrol';
    if (this.options.destination === undefined) {
      if (enrolment === undefined && payload === true) throw new FactorError('not_enrolled');
      return enrolment === undefined ? 'enrol' : 'answer';
    }
    if (enrolment === undefined) return 'enrol';
    const destination = await this.#destination(user).catch(() => enrolment.address);
    return destination === enrolment.address ? 'answer' : 'either';
  }

  async beginEnrolment(context: FactorContext, payload: unknown, enrolment: AddressEnrolment | undefined): Promise<Reply> {
    const { field } = this.#kind;
    const address =
      payload === true && this.options.destination !== undefined
        ? await this.#destination(context.user)
        : await this.#readAddress(readFields(payload, { [field]: SAFE_INPUT })[field] ?? '', context.user);
    if (address === enrolment?.address) throw new FactorError('already_enrolled');
    const reply = await this.#send(context, 'enrolment', address);
    // What signs in alone is confirmed with its id: the client sends back what it is told here.
    return this.signIn === undefined ? reply : { ...reply, id: address };
  }

  async confirmEnrolment(context: FactorContext, payload: unknown): Promise<Confirmed<AddressEnrolment>> {
    const { field } = this.#kind;
    if (this.signIn !== undefined) {
      const answer = readAnswer(payload, this.#kind, this.#code);
      assertOneForm(answer, this.#kind);
      if (answer.address === undefined) {
        throw new FactorError('invalid_input', { sentence: `Field "id" must be the ${field} that the code was sent to.` });
      }
      return { enrolment: await this.#check(context, 'enrolment', answer.address, answer.code) };
    }
    if (this.#namesAddress(payload) || this.options.destination === undefined) {
      const fields = readFields(payload, { [field]: SAFE_INPUT, code: this.#code });
      const address = await this.#readAddress(fields[field] ?? '', context.user);
      return { enrolment: await this.#check(context, 'enrolment', address, fields['code'] ?? '') };
    }
    const code = readCode(payload, this.#code);
    return { enrolment: await this.#check(context, 'enrolment', await this.#destination(context.user), code) };
  }

  challenge(context: FactorContext, purpose: Purpose, { address }: AddressEnrolment): Promise<Reply> {
    return this.#send(context, purpose, address);
  }

  async verify(context: FactorContext, purpose: Purpose, payload: unknown, { address }: AddressEnrolment): Promise<undefined> {
    const isPlain = this.signIn === undefined;
    const code = isPlain ? readCode(payload, this.#code) : readAnswer(payload, this.#kind, this.#code).code;
    await this.#check(context, purpose, address, code);
  }

  describe({ address }: AddressEnrolment): Reply {
    return { destination: this.#kind.mask(address) };
  }

  /** Takes `{ address }`, where a second factor may send codes there. */
  override takeOver({ address }: Readonly<Record<string, unknown>>): AddressEnrolment | undefined {
    if (this.signIn !== undefined || typeof address !== 'string') return undefined;
    return { address: normalise(address, this.#kind) };
  }

  #namesAddress(payload: unknown): boolean {
    return hasField(payload, this.#kind.field) || (this.signIn !== undefined && hasField(payload, 'id'));
  }

  override notices(user: FactorUser, enrolment: AddressEnrolment | undefined, change: AccountChange): readonly FactorNotice[] {
    const addresses = new Set([enrolment?.address, this.#kind.confirmed?.(user)]);
    return [...addresses].flatMap((address) => (address && this.#codes.notice(address, user, change)) || []);
  }

  /** What signs in alone is answered with its id; any other payload that names an address is to add it. */
  #answersOwn(payload: unknown, enrolment: AddressEnrolment | undefined): boolean {
    if (this.signIn === undefined || enrolment === undefined || !hasField(payload, 'code', 'otp')) return false;
    const { address } = readAnswer(payload, this.#kind, this.#code);
    return address === enrolment.address;
  }

  async #destination(user: FactorUser): Promise<string> {
    const address = await this.options.destination?.(user);
    if (typeof address !== 'string' || address === '') {
      throw new FactorError('invalid_input', { sentence: `The user has no ${this.#kind.noun} yet.` });
    }
    return normalise(address, this.#kind);
  }

  async #readAddress(input: string, user: FactorUser): Promise<string> {
    const address = normalise(input, this.#kind);
    if (this.options.destination !== undefined && address !== (await this.#destination(user))) {
      throw new FactorError('address_refused', { sentence: `This is not the user's ${this.#kind.noun}.` });
    }
    return address;
  }

  async #check(context: FactorContext, purpose: Purpose, address: string, code: string): Promise<AddressEnrolment> {
    const redeem = (): Promise<void> => this.#codes.redeem(context, this.#target(context, purpose, address), code);
    // What signs in alone has one word for every wrong code.
    await (this.signIn === undefined ? redeem() : rejectingExpired(redeem));
    return { address };
  }

  async #send(context: FactorContext, purpose: Purpose, address: string): Promise<Reply> {
    const { reply, deliver } = await this.#codes.issue(context, this.#target(context, purpose, address));
    await deliver();
    return reply;
  }

  #target(context: FactorContext, purpose: Purpose, address: string): CodeTarget {
    const [subject, others] = [factorSubject(context, purpose), otherSubjects(context, purpose)];
    return { subject, others, purpose, address, user: context.user };
  }
}

/** Answers a code that is not there as one that is not right. */
async function rejectingExpired(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof FactorError && error.code === 'code_expired' ? new FactorError('code_rejected') : error;
  }
}
