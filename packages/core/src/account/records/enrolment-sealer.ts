import type { Keyring, OpenedRecord } from '../../crypto/keyring.js';
import { FactorError } from '../../error/factor-error.js';
import type { Factor } from '../../factor/factor.js';
import { identityOf, type PrimaryIdentity } from '../../factor/primary-sign-in.js';
import { asObject } from '../../validation/json-object.js';
import type { EnrolmentRecord } from './enrolment-record.js';

/** The owner of a record. A record opens only for its owner. */
export interface RecordOwner {
  readonly appId: string;
  readonly userId: string;
  readonly key: string;
  /** When the user signed up, as Parse Server stores it. Needed only if the factor accepts unsealed ids. */
  readonly createdAt?: unknown;
}

/** An opened record. */
export interface OpenedEnrolment<Enrolment> {
  readonly enrolment: Enrolment;
  /**
   * Whether the record is stored the way it would be stored today: sealed under the newest key, for the application's
   * current id.
   */
  readonly isCurrent: boolean;
  /** The former application id that the record is sealed for; undefined if it is sealed for the current id. */
  readonly formerAppId?: string;
}

/** The keyring that seals records, and the former application ids for which records still open. */
export interface SealingKeys {
  readonly recordKeyring: Keyring;
  readonly formerAppIds: readonly string[];
}

/** The properties of a factor that decide the format of its records. */
export type RecordFactor<Enrolment extends object> = Pick<Factor<Enrolment>, 'policy' | 'primary' | 'multiple' | 'replaces'>;

/** Seals and opens the record of one factor for one user. */
export class EnrolmentSealer<Enrolment extends object> {
  readonly #seals: SealingKeys;
  readonly #owner: RecordOwner;
  readonly #factor: RecordFactor<Enrolment> | undefined;

  /** @param factor a primary factor's records are bound to their own id, because a user who signs up has no `objectId` yet */
  constructor(seals: SealingKeys, owner: RecordOwner, factor: RecordFactor<Enrolment> | undefined) {
    this.#seals = seals;
    this.#owner = owner;
    this.#factor = factor;
  }

  /**
   * Returns the record to store, sealed under the current key.
   *
   * @param stored the record that is stored now. If its id is spelled differently but means the same enrolment, the
   *   spelling is kept, because Parse Server queries for it
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
   * @throws FactorError `unavailable` unless the record was sealed for this owner under a known key, for the current
   *   or a former application id, or its unsealed id is accepted
   */
  open(record: unknown): OpenedEnrolment<Enrolment> {
    const { id, sealed } = asObject(record) ?? {};
    const identity = this.#identity;
    const kept = typeof sealed === 'string' ? sealed : undefined;
    const place = this.#factor?.replaces;
    // A replaced built-in provider is a second factor and has no id. With an id, Parse Server would find the user by
    // it and skip the primary factor.
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

  /** Returns the stored id if it means the same enrolment. */
  #sameId(identity: PrimaryIdentity<Enrolment>, enrolment: Enrolment, stored: unknown): string | undefined {
    const id = asObject(stored)?.['id'];
    return typeof id === 'string' && identity.idOf(identity.enrolmentOf(id)) === identity.idOf(enrolment) ? id : undefined;
  }

  get #identity(): PrimaryIdentity<Enrolment> | undefined {
    return identityOf(this.#factor)?.identity;
  }

  /** @throws FactorError `unavailable` if the record opens for neither the current application id nor a former one */
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
          // The record is sealed for another application id.
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
