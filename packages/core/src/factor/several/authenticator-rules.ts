import { FactorError } from '../../error/factor-error.js';
import { asObject } from '../../validation/json-object.js';
import { type FieldRule, NAME_RULE, readFields } from '../../validation/payload.js';
import type { ManageCommand } from '../command.js';

/** One of the authenticators of a factor, such as one of two phones. */
export interface Authenticator {
  /** Names it in requests. Unique among the authenticators of the user. */
  readonly id: string;
  /** The user's name for it. */
  readonly name: string;
}

/** A change of one authenticator. */
export interface AuthenticatorChange {
  readonly id: string;
  /** The new name; undefined to remove the authenticator. */
  readonly name?: string;
}

/** What differs between the factors that allow several authenticators. */
export interface AuthenticatorKind {
  /** What errors call one authenticator, and several. */
  readonly nouns: readonly [one: string, many: string];
  /** The most authenticators per user. */
  readonly max: number;
  /** The format of an id; by default that of {@link newLabel}. */
  readonly id?: FieldRule;
}

const ID: FieldRule = { maxLength: 22, pattern: /^[A-Za-z0-9_-]{1,22}$/, accepts: 'the id of an authenticator' };

/** The rules for several authenticators of a user in one factor: how they are added, named and removed, each by its id. */
export class AuthenticatorRules {
  readonly #options: Required<AuthenticatorKind>;

  constructor(options: AuthenticatorKind) {
    this.#options = { id: ID, ...options };
  }

  /** The most authenticators per user. */
  get max(): number {
    return this.#options.max;
  }

  /** The format of an id. */
  get idRule(): FieldRule {
    return this.#options.id;
  }

  /**
   * Checks that one more may be set up, or one in place of another.
   *
   * @param replaces the id of the one that it replaces
   * @throws FactorError `invalid_input`, `not_enrolled`
   */
  assertRoom(list: readonly Authenticator[], replaces?: string): void {
    if (replaces !== undefined) return void this.find(list, replaces);
    const [, many] = this.#options.nouns;
    if (list.length < this.max) return;
    throw new FactorError('invalid_input', { sentence: `You have reached the maximum number of ${many} (${this.max}).` });
  }

  /**
   * Returns the list with one more, or with one in place of another.
   *
   * @param replaces the id of the one that it replaces
   * @throws FactorError `invalid_input`, `not_enrolled`
   */
  add<Item extends Authenticator>(list: readonly Item[], added: Item, replaces?: string): readonly Item[] {
    this.assertRoom(list, replaces);
    return replaces === undefined ? [...list, added] : list.map((item) => (item.id === replaces ? added : item));
  }

  /**
   * Returns the authenticator with that id.
   *
   * @throws FactorError `not_enrolled`
   */
  find<Item extends Authenticator>(list: readonly Item[], id: string): Item {
    const found = list.find((item) => item.id === id);
    if (found === undefined) throw this.unknown();
    return found;
  }

  /** The error for an unknown id. */
  unknown(): FactorError {
    return new FactorError('not_enrolled', { sentence: `There is no such ${this.#options.nouns[0]}.` });
  }

  /** Reads the id in `{ <field>: <id> }`, and nothing else. @throws FactorError `invalid_input` */
  readId(payload: unknown, field: string): string {
    return readFields(payload, { [field]: this.#options.id })[field] ?? '';
  }

  /**
   * Reads `{ rename: <id>, name }` or `{ remove: <id> }`. Returns undefined for any other payload.
   *
   * @throws FactorError `invalid_input`, also for the last one; `not_enrolled`
   */
  readChange(payload: unknown, list: readonly Authenticator[]): (ManageCommand & { change: AuthenticatorChange }) | undefined {
    const sent = asObject(payload) ?? {};
    if (Object.hasOwn(sent, 'rename')) {
      const { rename: id, name } = readFields(payload, { rename: this.#options.id, name: NAME_RULE });
      return { do: 'manage', change: { id, name } };
    }
    if (!Object.hasOwn(sent, 'remove')) return undefined;
    const id = this.readId(payload, 'remove');
    this.find(list, id);
    if (list.length > 1) return { do: 'manage', change: { id }, reduces: true };
    const sentence = `This is the last ${this.#options.nouns[0]}. To remove it, send null for the factor.`;
    throw new FactorError('invalid_input', { sentence });
  }

  /** Returns the changed list; undefined if the authenticator is not in it, or if none would be left. */
  changed<Item extends Authenticator>(
    list: readonly Item[],
    { id, name }: AuthenticatorChange,
  ): readonly [Item, ...Item[]] | undefined {
    if (!list.some((item) => item.id === id)) return undefined;
    const [first, ...others] = list.flatMap((item) =>
      item.id === id ? (name === undefined ? [] : [{ ...item, name }]) : [item],
    );
    return first && [first, ...others];
  }
}
