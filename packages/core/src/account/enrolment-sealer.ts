import type { Keyring, OpenedRecord } from '../crypto/keyring.js';
import { FactorError } from '../error/factor-error.js';
import type { Factor } from '../factor/factor.js';
import { identityOf, type PrimaryIdentity } from '../factor/primary-sign-in.js';
import { asObject } from '../validation/json-object.js';
import type { EnrolmentRecord } from './enrolment-record.js';

/** Whose record it is; it opens for nobody else. */
export interface RecordOwner {
  readonly appId: string;
  readonly userId: string;
  readonly key: string;
  /** When the user signed up, as Parse Server gives it; needed where ids are adopted. */
  readonly createdAt?: unknown;
}

/** An opened record. */
export interface OpenedEnrolment<Enrolment> {
  readonly enrolment: Enrolment;
  /** Whether it is stored as it would be today: under the newest key, for the application's present id. */
  readonly isCurrent: boolean;
  /** The former id of the application that it is sealed for; undefined where that is the present one. */
  readonly formerAppId?: string;
}

/** What seals records, and the ids for which they open. */
export interface SealingKeys {
  readonly recordKeyring: Keyring;
  readonly formerAppIds: readonly string[];
}

/** What of a factor says how its records look. */
export type RecordFactor<Enrolment extends object> = Pick<Factor<Enrolment>, 'policy' | 'primary' | 'multiple' | 'replaces'>;

/** Seals and opens what one factor keeps about one user. */
export class EnrolmentSealer<Enrolment extends object> {
  readonly #seals: SealingKeys;
  readonly #owner: RecordOwner;
  readonly #factor: RecordFactor<Enrolment> | undefined;

  /** @param factor where it is a first factor, records are bound to their own id: at a sign-up the user has none yet */
  constructor(seals: SealingKeys, owner: RecordOwner, factor: RecordFactor<Enrolment> | undefined) {
    this.#seals = seals;
    this.#owner = owner;
    this.#factor = factor;
  }

  /**
   * The enrolment as it is to be stored, under the current key.
   *
   * @param stored what stands there; an id that is spelled otherwise stays as Parse Server looks for it
   */
  seal(enrolment: Enrolment, stored?: unknown): EnrolmentRecord {
    const identity = this.#identity;
    const ownId = identity && (this.#sameId(identity, enrolment, stored) ?? identity.idOf(enrolment));
    const sealed = this.#seals.recordKeyring.seal(JSON.stringify(enrolment), ...this.#binding(ownId));
    const id = ownId ?? this.#factor?.multiple?.lookupIdOf?.(enrolment);
    return id === undefined ? { ...this.#factor?.replaces?.tombstone, sealed } : { id, sealed };
  }

  /**
   * Opens a stored record.
   *
   * @throws FactorError `unavailable` for anything but a record that was sealed for this owner
   *   under a known key, for the application's present id or a former one, or an id that is adopted
   */
  open(record: unknown): OpenedEnrolment<Enrolment> {
    const { id, sealed } = asObject(record) ?? {};
    const identity = this.#identity;
    const kept = typeof sealed === 'string' ? sealed : undefined;
    const place = this.#factor?.replaces;
    // Parse Server would find the user by an id, past the first factor: a built-in provider's second factor has none.
    if (place !== undefined && id !== undefined) throw new FactorError('unavailable');
    if (kept === undefined && place !== undefined) {
      return { enrolment: place.importRecord(asObject(record) ?? {}), isCurrent: false };
    }
    try {
      if (kept === undefined || (identity !== undefined && typeof id !== 'string')) throw new FactorError('unavailable');
      const { plaintext, ...opened } = this.#unseal(kept, identity && String(id));
      return { enrolment: JSON.parse(plaintext) as Enrolment, ...opened };
    } catch (fault) {
      if (typeof id !== 'string' || identity?.acceptsUnsealedId(this.#owner.createdAt) !== true) throw fault;
      return { enrolment: identity.enrolmentOf(id), isCurrent: false };
    }
  }

  /** The stored id, where it stands for the same enrolment. */
  #sameId(identity: PrimaryIdentity<Enrolment>, enrolment: Enrolment, stored: unknown): string | undefined {
    const id = asObject(stored)?.['id'];
    return typeof id === 'string' && identity.idOf(identity.enrolmentOf(id)) === identity.idOf(enrolment) ? id : undefined;
  }

  get #identity(): PrimaryIdentity<Enrolment> | undefined {
    return identityOf(this.#factor)?.identity;
  }

  /** @throws FactorError `unavailable` where it opens for neither the present id of the application nor a former one */
  #unseal(sealed: string, id: string | undefined): OpenedRecord & Pick<OpenedEnrolment<Enrolment>, 'formerAppId'> {
    const { recordKeyring, formerAppIds } = this.#seals;
    try {
      return recordKeyring.open(sealed, ...this.#binding(id));
    } catch (fault) {
      for (const formerAppId of formerAppIds) {
        try {
          const { plaintext } = recordKeyring.open(sealed, ...this.#binding(id, formerAppId));
          return { plaintext, isCurrent: false, formerAppId };
        } catch {
          // Sealed for another id.
        }
      }
      throw fault;
    }
  }

  #binding(id: string | undefined, appId = this.#owner.appId): readonly string[] {
    const { userId, key } = this.#owner;
    return id === undefined ? ['enrolment', appId, userId, key] : ['identity', appId, id, key];
  }
}
