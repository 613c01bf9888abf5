import { waysOf } from '../delivery/channel.js';
import { tryingOf } from '../delivery/reach.js';
import { isVerifier } from '../delivery/verifier.js';
import { FactorError } from '../error/factor-error.js';
import { maskExpired } from '../error/mask-expired.js';
import type { Command, PayloadSource } from '../factor/command.js';
import type { RequestCheck } from '../factor/checks/request-check.js';
import type { FactorContext, FactorUser, Reply } from '../factor/context.js';
import type { EnrolmentImport } from '../factor/enrolment-import.js';
import type { Authentication } from '../factor/authentication.js';
import type { EnrolmentLifecycle } from '../factor/enrolment-lifecycle.js';
import type { AddressProof } from '../factor/address-proof.js';
import { factorSubject, otherSubjects } from '../factor/factor-subject.js';
import { type Confirmed, Factor } from '../factor/factor.js';
import type { Management } from '../factor/management.js';
import type { MultipleEnrolments } from '../factor/multiple-enrolments.js';
import type { SecurityNotifications } from '../factor/notification.js';
import type { PrimarySignIn } from '../factor/primary-sign-in.js';
import type { Purpose } from '../factor/purpose.js';
import { hasSameAuthenticators, ownIdOf, type SeveralAuthenticators } from '../factor/several/several.js';
import { digitsRule, type FieldRule, readCode } from '../validation/payload.js';
import type { AddressType } from './address-type.js';
import { CodeAddressProof } from './code-address-proof.js';
import type { CodeBinding } from './code-binding.js';
import { type Addresses, type AddressReplacement, CodeAuthenticators } from './code-authenticators.js';
import { assertCodeFactorOptions, type ResolvedCodeFactorOptions } from './code-factor-options.js';
import { assertOneForm, type CodeAnswer, hasField, normalise, readAnswer } from './code-payload.js';
import { OneTimeCodes } from './one-time-codes.js';
import { PrimaryCodeSignIn } from './primary-code-sign-in.js';
import { TestCodes } from './test-codes.js';

/** What an enrolment begins with: a normalised address, or undefined for the address of the option `destination`. */
type Begin = string | AddressReplacement | undefined;

type CodeCommand = Command<CodeAnswer, CodeAnswer, Begin>;

/**
 * The base class of every factor that sends a code and checks it. A concrete factor adds only how its addresses are
 * read, normalised and masked.
 *
 * Payloads: `{ <field> }` begins an enrolment, `{ <field>, code }` confirms it, and the code alone verifies. With
 * policy `default`, `{ id, code }` signs in. With `maxAuthenticators` a user may have several addresses: `{ <field>, code, name }`
 * adds one, `{ <field>, replace: <id> }` and `{ <field>, code, replace: <id> }` set one up in place of another, `{ id: <id> }`
 * chooses where a code goes, and `{ rename: <id>, name }` and `{ remove: <id> }` change one.
 */
export abstract class CodeFactor extends Factor<Addresses, CodeAnswer, CodeAnswer, Begin> {
  override readonly policy: 'additional' | 'default';
  override readonly authentication: Authentication | undefined;
  override readonly ways: readonly string[] | undefined;
  override readonly confirmsPayments: true | undefined;
  /** @internal */
  override readonly unreached: Factor<Addresses>['unreached'];
  override readonly primary: PrimarySignIn<Addresses> | undefined;
  override readonly notifies: SecurityNotifications<Addresses> | undefined;
  /** @internal */
  override readonly addressProof: AddressProof<Addresses>;
  /** @internal */
  override readonly openCountry: Factor<Addresses>['openCountry'];
  override readonly requestChecks: readonly RequestCheck[];
  override readonly importer: EnrolmentImport<Addresses> | undefined;
  override readonly multiple: MultipleEnrolments<Addresses> | undefined;
  override readonly several: SeveralAuthenticators<Addresses>;
  override readonly management: Management<Addresses>;
  /** The same addresses, whatever their names. */
  override readonly lifecycle: EnrolmentLifecycle<Addresses> = { isSame: hasSameAuthenticators };
  /** The options, with every default filled in. */
  protected readonly options: ResolvedCodeFactorOptions;
  readonly #type: AddressType;
  readonly #codes: OneTimeCodes;
  readonly #own: CodeAuthenticators;
  readonly #code: FieldRule;

  /** @throws FactorConfigError if options contradict each other */
  protected constructor(strictType: AddressType, options: ResolvedCodeFactorOptions) {
    super();
    const { policy, codeLength, maxAuthenticators } = options;
    assertCodeFactorOptions(new.target.name, options);
    const tests = new TestCodes(new.target.name, strictType, options);
    const addressType = tests.type;
    this.options = options;
    this.policy = policy;
    this.authentication = addressType.authentication;
    this.ways = waysOf(options.channel);
    this.unreached = tryingOf(options.channel);
    this.confirmsPayments = isVerifier(options.channel) ? undefined : true;
    this.#type = addressType;
    this.#codes = new OneTimeCodes(tests, options);
    this.requestChecks = this.#codes.requestChecks;
    this.#code = digitsRule(codeLength);
    const isPrimary = policy === 'default';
    this.primary = isPrimary ? new PrimaryCodeSignIn(addressType, options, this.#codes) : undefined;
    this.#own = new CodeAuthenticators(addressType, maxAuthenticators);
    ({ multiple: this.multiple, several: this.several, management: this.management } = this.#own);
    const proof = new CodeAddressProof(tests, this.#codes, this.#own, codeLength);
    this.addressProof = proof;
    this.notifies = this.#codes.sendsNotices ? proof : undefined;
    this.openCountry = addressType.conversion && ((context, country) => this.#codes.openCountry(context, country));
    this.importer = isPrimary ? undefined : { importEnrolment: ({ address }) => imported(address, strictType) };
  }

  async read(payload: unknown, source: PayloadSource<Addresses>): Promise<CodeCommand> {
    if (source.at === 'challenge') return this.#readChallenge(payload, source);
    if (this.policy === 'default') return this.#readPrimary(payload, source);
    const { at, user, enrolment } = source;
    if (enrolment === undefined || (at === 'save' && this.#namesAddress(payload))) {
      return { do: 'enrol', confirmation: this.#readConfirmation(payload) };
    }
    const change = at === 'save' ? this.#own.readChange(payload, enrolment) : undefined;
    if (change !== undefined) return change;
    const answer = { id: undefined, address: undefined, code: readCode(payload, this.#code) };
    const hasMoved = at === 'save' && (await this.#hasMoved(user, enrolment));
    return hasMoved ? { do: 'enrol-or-answer', answer, confirmation: answer } : { do: 'answer', answer };
  }

  async beginEnrolment(context: FactorContext, begin: Begin, enrolment: Addresses | undefined): Promise<Reply> {
    const { address: named, replaces } = typeof begin === 'object' ? begin : { address: begin };
    const address = named === undefined ? await this.#destination(context.user) : await this.#ownAddress(named, context.user);
    this.#own.assertNew(enrolment, address, replaces);
    const reply = await this.#send(context, 'enrolment', { address });
    // A primary factor is confirmed with its id, so the client needs the normalised id to send it back.
    return this.policy === 'default' ? { ...reply, id: address } : reply;
  }

  async confirmEnrolment(
    context: FactorContext,
    { address: sent, code, name, replaces }: CodeAnswer,
    stored?: Addresses,
  ): Promise<Confirmed<Addresses>> {
    const { user } = context;
    const address = sent === undefined ? await this.#destination(user) : await this.#ownAddress(sent, user);
    if (this.multiple !== undefined) this.#own.assertNew(stored, address, replaces);
    await this.#check(context, 'enrolment', [{ address }], code);
    return { enrolment: this.#own.newEnrolment(context, address, name), replaces };
  }

  /** Sends a code to the first address of the enrolment. */
  challenge(context: FactorContext, purpose: Purpose, enrolment: Addresses): Promise<Reply> {
    return this.#send(context, purpose, enrolment);
  }

  /** Accepts a code that was sent to any address of the enrolment. */
  async verify(context: FactorContext, purpose: Purpose, { code }: CodeAnswer, enrolment: Addresses): Promise<undefined> {
    await this.#check(context, purpose, this.#own.listOf(enrolment), code);
  }

  describe(enrolment: Addresses): Reply {
    return this.#own.describe(enrolment);
  }

  override personalData(enrolment: Addresses): Readonly<Record<string, unknown>> {
    return { addresses: this.#own.personalData(enrolment) };
  }

  async #readChallenge(
    payload: unknown,
    { user, enrolment }: Pick<PayloadSource<Addresses>, 'user' | 'enrolment'>,
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
  #readPrimary(payload: unknown, { enrolment }: PayloadSource<Addresses>): CodeCommand {
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
    const { address, replaces } = this.#own.readAddress(payload, {});
    return replaces === undefined ? address : { address, replaces };
  }

  #readConfirmation(payload: unknown): CodeAnswer {
    if (this.options.destination !== undefined && !this.#namesAddress(payload)) {
      return { id: undefined, address: undefined, code: readCode(payload, this.#code) };
    }
    const { code = '', ...named } = this.#own.readAddress(payload, { code: this.#code });
    return { id: undefined, ...named, code };
  }

  #namesAddress(payload: unknown): boolean {
    return hasField(payload, this.#type.field) || (this.policy === 'default' && hasField(payload, 'id'));
  }

  /** Tells whether the application now has a different address for the user than the confirmed one. */
  async #hasMoved(user: FactorUser, { address }: Addresses): Promise<boolean> {
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

  /** Checks a code that was sent to one of these addresses. */
  async #check(
    context: FactorContext,
    purpose: Purpose,
    [first, ...others]: readonly [Addresses, ...Addresses[]],
    code: string,
  ): Promise<void> {
    const target = (each: Addresses): CodeBinding => this.#target(context, purpose, each);
    const redeem = (): Promise<void> => this.#codes.redeem(context, [target(first), ...others.map(target)], code);
    // A primary factor answers every wrong code with `code_rejected`.
    await (this.policy === 'default' ? maskExpired(redeem) : redeem());
  }

  async #send(context: FactorContext, purpose: Purpose, to: Addresses): Promise<Reply> {
    const { reply, deliver } = await this.#codes.issue(context, this.#target(context, purpose, to));
    await deliver();
    return reply;
  }

  #target(context: FactorContext, purpose: Purpose, to: Addresses): CodeBinding {
    const [subject, others] = [factorSubject(context, purpose), otherSubjects(context, purpose)];
    const { user, details } = context;
    return { subject, others, purpose, address: to.address, authenticator: ownIdOf(to), user, details };
  }
}

/** Imports `{ address }`, if a second factor may send codes there. */
const imported = (address: unknown, type: AddressType): Addresses | undefined =>
  typeof address === 'string' ? { address: normalise(address, type) } : undefined;
