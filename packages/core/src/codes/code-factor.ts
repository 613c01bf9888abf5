import { FactorConfigError } from '../error/config-error.js';
import { FactorError } from '../error/factor-error.js';
import { assertLocks } from '../factor/attempt.js';
import type { Command, PayloadSource } from '../factor/command.js';
import type { FactorContext, FactorUser, Reply } from '../factor/context.js';
import type { EnrolmentImport } from '../factor/enrolment-import.js';
import type { Authentication } from '../factor/authentication.js';
import type { AddressProof } from '../factor/address-proof.js';
import { factorSubject, otherSubjects } from '../factor/factor-subject.js';
import { type Confirmed, Factor } from '../factor/factor.js';
import type { SecurityNotifications } from '../factor/notification.js';
import type { PrimarySignIn } from '../factor/primary-sign-in.js';
import type { Purpose } from '../factor/purpose.js';
import { digitsRule, type FieldRule, readCode, readFields } from '../validation/payload.js';
import type { AddressEnrolment, AddressType } from './address-type.js';
import { CodeAddressProof } from './code-address-proof.js';
import type { CodeBinding } from './code-binding.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import { assertOneForm, type CodeAnswer, hasField, normalise, readAnswer, SAFE_INPUT } from './code-payload.js';
import { OneTimeCodes } from './one-time-codes.js';
import { PrimaryCodeSignIn } from './primary-code-sign-in.js';

/** What an enrolment begins with: a normalised address, or undefined for the address of the option `destination`. */
type Begin = string | undefined;

type CodeCommand = Command<CodeAnswer, CodeAnswer, Begin>;

/** Options for policy `default`, which a second factor refuses. */
const PRIMARY_ONLY = ['signUp', 'adoptIdsBefore'] as const;

/**
 * The base class of every factor that sends a code and checks it. A concrete factor adds only how its addresses are
 * read, normalised and masked.
 *
 * Payloads: `{ <field> }` begins an enrolment, `{ <field>, code }` confirms it, and the code alone verifies. With
 * policy `default`, `{ id, code }` signs in.
 */
export abstract class CodeFactor extends Factor<AddressEnrolment, CodeAnswer, CodeAnswer, Begin> {
  override readonly policy: 'additional' | 'default';
  override readonly primary: PrimarySignIn<AddressEnrolment> | undefined;
  override readonly authentication: Authentication | undefined;
  override readonly notifies: SecurityNotifications<AddressEnrolment>;
  /** @internal */
  override readonly addressProof: AddressProof<AddressEnrolment>;
  override readonly importer: EnrolmentImport<AddressEnrolment> | undefined;
  /** The options, with every default filled in. */
  protected readonly options: ResolvedCodeFactorOptions;
  readonly #type: AddressType;
  readonly #codes: OneTimeCodes;
  readonly #code: FieldRule;

  /** @throws FactorConfigError if options contradict each other */
  protected constructor(addressType: AddressType, options: ResolvedCodeFactorOptions) {
    super();
    const { policy, codeLength } = options;
    assertLocks(new.target.name, options);
    assertPolicy(new.target.name, options);
    this.options = options;
    this.policy = policy;
    this.authentication = addressType.authentication;
    this.#type = addressType;
    this.#codes = new OneTimeCodes(addressType, options);
    this.#code = digitsRule(codeLength);
    const isPrimary = policy === 'default';
    this.primary = isPrimary ? new PrimaryCodeSignIn(addressType, options, this.#codes) : undefined;
    this.addressProof = new CodeAddressProof(addressType, this.#codes, codeLength);
    this.importer = isPrimary ? undefined : { importEnrolment: ({ address }) => this.#import(address) };
    this.notifies = {
      notificationsFor: (user, enrolment, change) => {
        const addresses = new Set([enrolment?.address, addressType.confirmed?.(user)]);
        return [...addresses].flatMap((address) => (address && this.#codes.notice(address, user, change)) || []);
      },
    };
  }

  async read(payload: unknown, source: PayloadSource<AddressEnrolment>): Promise<CodeCommand> {
    if (source.at === 'challenge') return this.#readChallenge(payload, source);
    if (this.policy === 'default') return this.#readPrimary(payload, source);
    const { at, user, enrolment } = source;
    if (enrolment === undefined || (at === 'save' && this.#namesAddress(payload))) {
      return { do: 'enrol', confirmation: this.#readConfirmation(payload) };
    }
    const answer = { id: undefined, address: undefined, code: readCode(payload, this.#code) };
    const hasMoved = at === 'save' && (await this.#hasMoved(user, enrolment));
    return hasMoved ? { do: 'enrol-or-answer', answer, confirmation: answer } : { do: 'answer', answer };
  }

  async beginEnrolment(context: FactorContext, begin: Begin, enrolment: AddressEnrolment | undefined): Promise<Reply> {
    const address = begin === undefined ? await this.#destination(context.user) : await this.#ownAddress(begin, context.user);
    if (address === enrolment?.address) throw new FactorError('already_enrolled');
    const reply = await this.#send(context, 'enrolment', address);
    // A primary factor is confirmed with its id, so the client needs the normalised id to send it back.
    return this.policy === 'default' ? { ...reply, id: address } : reply;
  }

  async confirmEnrolment(context: FactorContext, { address, code }: CodeAnswer): Promise<Confirmed<AddressEnrolment>> {
    const { user } = context;
    const confirmed = address === undefined ? await this.#destination(user) : await this.#ownAddress(address, user);
    return { enrolment: await this.#check(context, 'enrolment', confirmed, code) };
  }

  challenge(context: FactorContext, purpose: Purpose, { address }: AddressEnrolment): Promise<Reply> {
    return this.#send(context, purpose, address);
  }

  async verify(
    context: FactorContext,
    purpose: Purpose,
    { code }: CodeAnswer,
    { address }: AddressEnrolment,
  ): Promise<undefined> {
    await this.#check(context, purpose, address, code);
  }

  describe({ address }: AddressEnrolment): Reply {
    return { destination: this.#type.mask(address) };
  }

  async #readChallenge(
    payload: unknown,
    { user, enrolment }: Pick<PayloadSource<AddressEnrolment>, 'user' | 'enrolment'>,
  ): Promise<CodeCommand> {
    const { destination } = this.options;
    if (this.#namesAddress(payload)) return { do: 'begin', begin: this.#readBegin(payload) };
    if (enrolment === undefined) {
      if (destination === undefined && payload === true) throw new FactorError('not_enrolled');
      return { do: 'begin', begin: this.#readBegin(payload) };
    }
    const mayMove = payload === true && (await this.#hasMoved(user, enrolment));
    return mayMove ? { do: 'begin-or-challenge', begin: undefined } : { do: 'challenge' };
  }

  /** Reads a payload of a primary factor. The id of the enrolment verifies it; any other address links that one instead. */
  #readPrimary(payload: unknown, { enrolment }: PayloadSource<AddressEnrolment>): CodeCommand {
    const answer = readAnswer(payload, this.#type, this.#code);
    const { address } = answer;
    const isOwn = enrolment !== undefined && (address === undefined || address === enrolment.address);
    if (isOwn) return { do: 'answer', answer };
    assertOneForm(answer, this.#type);
    if (address === undefined) {
      const sentence = `Field "id" must be the ${this.#type.field} that the code was sent to.`;
      throw new FactorError('invalid_input', { sentence });
    }
    return { do: 'enrol', confirmation: answer };
  }

  #readBegin(payload: unknown): Begin {
    if (payload === true && this.options.destination !== undefined) return undefined;
    const { field } = this.#type;
    return normalise(readFields(payload, { [field]: SAFE_INPUT })[field] ?? '', this.#type);
  }

  #readConfirmation(payload: unknown): CodeAnswer {
    const { field } = this.#type;
    if (this.options.destination !== undefined && !this.#namesAddress(payload)) {
      return { id: undefined, address: undefined, code: readCode(payload, this.#code) };
    }
    const fields = readFields(payload, { [field]: SAFE_INPUT, code: this.#code });
    return { id: undefined, address: normalise(fields[field] ?? '', this.#type), code: fields['code'] ?? '' };
  }

  #namesAddress(payload: unknown): boolean {
    return hasField(payload, this.#type.field) || (this.policy === 'default' && hasField(payload, 'id'));
  }

  /** Imports `{ address }`, if a second factor may send codes there. */
  #import(address: unknown): AddressEnrolment | undefined {
    return typeof address === 'string' ? { address: normalise(address, this.#type) } : undefined;
  }

  /** Tells whether the application now has a different address for the user than the confirmed one. */
  async #hasMoved(user: FactorUser, { address }: AddressEnrolment): Promise<boolean> {
    if (this.options.destination === undefined) return false;
    return (await this.#destination(user).catch(() => address)) !== address;
  }

  async #destination(user: FactorUser): Promise<string> {
    const address = await this.options.destination?.(user);
    if (typeof address !== 'string' || address === '') {
      throw new FactorError('invalid_input', { sentence: `The user has no ${this.#type.noun} yet.` });
    }
    return normalise(address, this.#type);
  }

  /** Returns the address that was sent, if it is the one that the application has for the user. */
  async #ownAddress(address: string, user: FactorUser): Promise<string> {
    if (this.options.destination !== undefined && address !== (await this.#destination(user))) {
      throw new FactorError('address_refused', { sentence: `This is not the user's ${this.#type.noun}.` });
    }
    return address;
  }

  async #check(context: FactorContext, purpose: Purpose, address: string, code: string): Promise<AddressEnrolment> {
    const redeem = (): Promise<void> => this.#codes.redeem(context, this.#target(context, purpose, address), code);
    // A primary factor answers every wrong code with `code_rejected`.
    await (this.policy === 'default' ? maskExpired(redeem) : redeem());
    return { address };
  }

  async #send(context: FactorContext, purpose: Purpose, address: string): Promise<Reply> {
    const { reply, deliver } = await this.#codes.issue(context, this.#target(context, purpose, address));
    await deliver();
    return reply;
  }

  #target(context: FactorContext, purpose: Purpose, address: string): CodeBinding {
    const [subject, others] = [factorSubject(context, purpose), otherSubjects(context, purpose)];
    return { subject, others, purpose, address, user: context.user };
  }
}

/** Runs the work and replaces `code_expired` with `code_rejected`. */
async function maskExpired(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof FactorError && error.code === 'code_expired' ? new FactorError('code_rejected') : error;
  }
}

/** @throws FactorConfigError if an option is not for the policy */
function assertPolicy(owner: string, options: ResolvedCodeFactorOptions): void {
  if (options.policy === 'default') {
    if (options.destination === undefined) return;
    throw new FactorConfigError(`${owner}: option "destination" works only with policy "additional"; leave it out`);
  }
  const wrong = PRIMARY_ONLY.find((name) => options[name] !== undefined);
  if (wrong !== undefined)
    throw new FactorConfigError(`${owner}: option "${wrong}" works only with policy "default"; leave it out`);
}
