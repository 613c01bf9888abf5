import { FactorError } from '../error/factor-error.js';
import { type AuthenticatorChange, AuthenticatorRules } from '../factor/several/authenticator-rules.js';
import type { ManageCommand } from '../factor/command.js';
import type { FactorContext, Reply } from '../factor/context.js';
import type { Management } from '../factor/management.js';
import type { MultipleEnrolments } from '../factor/multiple-enrolments.js';
import {
  authenticatorsOf,
  changeAuthenticator,
  describeAuthenticators,
  isLabelled,
  type Labelled,
  newLabel,
  recordOfAuthenticators,
  type Several,
  type SeveralAuthenticators,
} from '../factor/several/several.js';
import { type FieldRule, NAME_RULE, readFields } from '../validation/payload.js';
import type { AddressEnrolment, AddressType } from './address-type.js';
import { hasField, normalise, SAFE_INPUT } from './code-payload.js';

/** What is kept about a user: one address, or several. */
export type Addresses = Several<AddressEnrolment>;

const NOUNS = { address: ['address', 'addresses'], number: ['phone number', 'phone numbers'] } as const;

/** An address that a client has sent, with what it says about it. */
interface NamedAddress {
  /** The normalised address. */
  readonly address: string;
  readonly code?: string;
  /** The user's name for it. */
  readonly name?: string;
  /** The id of the one that it replaces. */
  readonly replaces?: string;
}

/** An address to set up in place of another. */
export interface AddressReplacement {
  /** The normalised address. */
  readonly address: string;
  /** The id of the one that it replaces. */
  readonly replaces: string;
}

/** The addresses that a user has confirmed in one factor. */
export class CodeAuthenticators {
  readonly rules: AuthenticatorRules;
  /** Undefined if a user can have only one address. */
  readonly multiple: MultipleEnrolments<Addresses> | undefined;
  readonly several: SeveralAuthenticators<Addresses>;
  readonly management: Management<Addresses, AuthenticatorChange>;
  readonly #type: AddressType;
  readonly #unnamed: string;

  /** @param max the most addresses per user */
  constructor(addressType: AddressType, max: number) {
    const { noun } = addressType;
    const rules = new AuthenticatorRules({ nouns: NOUNS[noun], max });
    const unnamed = `Unnamed ${noun}`;
    this.rules = rules;
    this.#type = addressType;
    this.#unnamed = unnamed;
    this.multiple = max === 1 ? undefined : { merge: (stored, added, replaces) => this.#merge(stored, added, replaces) };
    this.several = {
      choices: (enrolment) => this.#choices(enrolment),
      choose: (enrolment, payload) => this.#choose(enrolment, payload),
    };
    this.management = { apply: (context, change) => changeAuthenticator(context, change, { rules, unnamed }) };
  }

  /** Returns the addresses of a record, oldest first. */
  listOf(enrolment: Addresses): readonly [Labelled<AddressEnrolment>, ...Labelled<AddressEnrolment>[]] {
    return authenticatorsOf(enrolment, this.#unnamed);
  }

  /** Whether the user may have several addresses, or has some of the time when they could. */
  isSeveral(enrolment: Addresses): boolean {
    return this.multiple !== undefined || isLabelled(enrolment);
  }

  /** Returns the enrolment of an address that the user has confirmed. */
  newEnrolment(context: FactorContext, address: string, name: string = this.#unnamed): Addresses {
    return { address, ...(this.multiple !== undefined && newLabel(context, name)) };
  }

  /**
   * Checks that the user may add an address, or set it up in place of another.
   *
   * @param replaces the id of the one that it replaces
   * @throws FactorError `already_enrolled`, `invalid_input`, `not_enrolled`
   */
  assertNew(enrolment: Addresses | undefined, address: string, replaces?: string): void {
    if (enrolment === undefined) return;
    const list = this.listOf(enrolment);
    if (list.some((each) => each.address === address)) throw new FactorError('already_enrolled');
    if (this.multiple !== undefined) this.rules.assertRoom(list, replaces);
  }

  /**
   * Reads an address, and these fields. If the user may have several addresses, also a name if there is a code, and the id of
   * the address that it replaces.
   *
   * @throws FactorError `invalid_input`, `address_refused`
   */
  readAddress(payload: unknown, rules: { readonly code?: FieldRule }): NamedAddress {
    const { field } = this.#type;
    const optional: Record<string, FieldRule> = {
      ...(rules.code !== undefined && { name: NAME_RULE }),
      replace: this.rules.idRule,
    };
    const named = Object.entries(optional).filter(([name]) => this.multiple !== undefined && hasField(payload, name));
    const all: Record<string, FieldRule> = { [field]: SAFE_INPUT, ...rules, ...Object.fromEntries(named) };
    const { [field]: sent = '', replace, ...fields } = readFields(payload, all);
    return { ...fields, address: normalise(sent, this.#type), ...(replace !== undefined && { replaces: replace }) };
  }

  /** Reads a change of one address. @throws FactorError `invalid_input`, `not_enrolled` */
  readChange(payload: unknown, enrolment: Addresses): ManageCommand | undefined {
    return this.isSeveral(enrolment) ? this.rules.readChange(payload, this.listOf(enrolment)) : undefined;
  }

  /** Returns the addresses in full, with the user's names for them and when they were added. */
  personalData(enrolment: Addresses): readonly Readonly<Record<string, unknown>>[] {
    const isSeveral = this.isSeveral(enrolment);
    return this.listOf(enrolment).map(({ address, name, addedAt }) => ({
      address,
      ...(isSeveral && { name }),
      ...(addedAt !== undefined && { addedAt: new Date(addedAt).toISOString() }),
    }));
  }

  /** Returns what the user sees: the masked destination of codes, and each address if they may have several. */
  describe(enrolment: Addresses): Reply {
    const destination = this.#type.mask(enrolment.address);
    if (!this.isSeveral(enrolment)) return { destination };
    return {
      destination,
      ...describeAuthenticators(this.listOf(enrolment), ({ address }) => ({ destination: this.#type.mask(address) })),
    };
  }

  /** Returns the enrolment with the addresses that are kept; undefined for none. */
  only(enrolment: Addresses, isKept: (each: Labelled<AddressEnrolment>) => boolean): Addresses | undefined {
    const list = this.listOf(enrolment);
    const kept = list.filter(isKept);
    if (kept.length === list.length) return enrolment;
    const [first, ...others] = kept;
    return first && recordOfAuthenticators([first, ...others]);
  }

  #choices(enrolment: Addresses): Reply {
    const list = this.listOf(enrolment);
    if (list.length === 1) return {};
    return { destinations: JSON.stringify(list.map(({ id, address }) => ({ id, destination: this.#type.mask(address) }))) };
  }

  #choose(enrolment: Addresses, payload: unknown): Addresses | undefined {
    if (!this.isSeveral(enrolment) || !hasField(payload, 'id')) return undefined;
    const { id } = this.rules.find(this.listOf(enrolment), this.rules.readId(payload, 'id'));
    return this.only(enrolment, (each) => each.id === id);
  }

  #merge(stored: Addresses, added: Addresses, replaces?: string): Addresses {
    this.assertNew(stored, added.address, replaces);
    const [first, ...others] = this.rules.add(this.listOf(stored), this.listOf(added)[0], replaces);
    return first === undefined ? added : recordOfAuthenticators([first, ...others]);
  }
}
