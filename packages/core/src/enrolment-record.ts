import { FactorError } from './factor-error.js';
import type { Keyring } from './keyring.js';
import { asObject } from './payload.js';

/** What stands in `authData.<key>`: one string, and nothing to read or to query. */
export interface EnrolmentRecord {
  /** The enrolment as JSON, sealed for the application, the user and the factor. */
  readonly sealed: string;
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
  /** Whether the newest key sealed it. */
  readonly isCurrent: boolean;
  /** How it is stored. */
  readonly sealed: string;
}

/** Seals an enrolment for its owner, under the current key. */
export const sealEnrolment = (keyring: Keyring, owner: RecordOwner, enrolment: object): EnrolmentRecord => ({
  sealed: keyring.seal(JSON.stringify(enrolment), 'enrolment', owner.appId, owner.userId, owner.key),
});

/**
 * Opens a stored record.
 *
 * @throws FactorError `unavailable` for anything but a record that was sealed for this owner
 *   under a known key
 */
export function openEnrolment<Enrolment extends object>(
  keyring: Keyring,
  owner: RecordOwner,
  record: unknown,
): OpenedEnrolment<Enrolment> {
  const sealed = asObject(record)?.['sealed'];
  if (typeof sealed !== 'string') throw new FactorError('unavailable');
  const { plaintext, isCurrent } = keyring.open(sealed, 'enrolment', owner.appId, owner.userId, owner.key);
  return { enrolment: JSON.parse(plaintext) as Enrolment, isCurrent, sealed };
}
