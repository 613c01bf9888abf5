import { FactorError } from './factor-error.js';
import type { Keyring } from './keyring.js';
import { asObject } from './payload.js';
import type { SignIn } from './sign-in.js';

/** What stands in `authData.<key>`: one sealed string, and nothing to read or to query but the id of a first factor. */
export interface EnrolmentRecord {
  /** Of a factor that signs in alone: the id by which Parse Server finds the user. */
  readonly id?: string;
  /** The enrolment as JSON, sealed for the application, the factor, and the user or the id. */
  readonly sealed?: string;
}

/** Whose record it is; it opens for nobody else. */
export interface RecordOwner {
  readonly appId: string;
  readonly userId: string;
  readonly key: string;
}

/** An opened record. */
export interface OpenedEnrolment<Enrolment> {
  readonly enrolment: Enrolment;
  /** Whether it is stored as it would be today: under the newest key. */
  readonly isCurrent: boolean;
  /** How it is stored. */
  readonly sealed: string | undefined;
}

/** Seals and opens what one factor keeps about one user. */
export class EnrolmentRecords<Enrolment extends object> {
  readonly #keyring: Keyring;
  readonly #owner: RecordOwner;
  readonly #signIn: SignIn<Enrolment> | undefined;

  /** @param signIn set for a factor that signs in alone: at a sign-up the user has no id yet, so the record is bound to its own */
  constructor(keyring: Keyring, owner: RecordOwner, signIn?: SignIn<Enrolment>) {
    this.#keyring = keyring;
    this.#owner = owner;
    this.#signIn = signIn;
  }

  /** The enrolment as it is to be stored, under the current key. */
  seal(enrolment: Enrolment): EnrolmentRecord {
    const id = this.#signIn?.idOf(enrolment);
    if (id !== undefined && this.#signIn?.idRecords === 'bare') return { id };
    const sealed = this.#keyring.seal(JSON.stringify(enrolment), ...this.#binding(id));
    return id === undefined ? { sealed } : { id, sealed };
  }

  /**
   * Opens a stored record.
   *
   * @throws FactorError `unavailable` for anything but a record that was sealed for this owner
   *   under a known key
   */
  open(record: unknown): OpenedEnrolment<Enrolment> {
    const { id, sealed } = asObject(record) ?? {};
    const signIn = this.#signIn;
    if (signIn !== undefined && typeof id !== 'string') throw new FactorError('unavailable');
    const isBare = sealed === undefined || signIn?.idRecords === 'bare';
    if (signIn !== undefined && signIn.idRecords !== 'sealed' && isBare) {
      return { enrolment: signIn.enrolmentOf(String(id)), isCurrent: signIn.idRecords === 'bare', sealed: undefined };
    }
    if (typeof sealed !== 'string') throw new FactorError('unavailable');
    const binding = this.#binding(signIn === undefined ? undefined : String(id));
    const { plaintext, isCurrent } = this.#keyring.open(sealed, ...binding);
    return { enrolment: JSON.parse(plaintext) as Enrolment, isCurrent, sealed };
  }

  #binding(id: string | undefined): readonly string[] {
    const { appId, userId, key } = this.#owner;
    return id === undefined ? ['enrolment', appId, userId, key] : ['identity', appId, id, key];
  }
}

/** What tells one stored record from another. */
export const markOf = (record: unknown): string => {
  const { id, sealed } = asObject(record) ?? {};
  return JSON.stringify([id ?? '', sealed ?? '']);
};
