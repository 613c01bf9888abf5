import { asObject } from '../../validation/json-object.js';

/**
 * The value stored in `authData.<key>`. Everything is in one sealed string, except the id of a primary factor, which
 * Parse Server queries.
 */
export interface EnrolmentRecord {
  /** The id by which Parse Server finds the user. Only factors that can identify a user have one. */
  readonly id?: string;
  /** The enrolment as JSON, sealed for the application, the factor, and the user or the id. */
  readonly sealed?: string;
  /** Never stored. Names the staged value that replaces this record when Parse Server writes the user. */
  readonly staged?: string;
}

/** Returns a string that differs for two different stored records. */
export const markOf = (record: unknown): string => {
  const { id, sealed, ...others } = asObject(record) ?? {};
  const clear = sealed === undefined ? Object.entries(others).toSorted(([a], [b]) => (a < b ? -1 : 1)) : [];
  return JSON.stringify([id ?? '', sealed ?? '', ...clear]);
};

/** Tells whether a record of Parse Server's own `mfa` holds only an unconfirmed phone number. That user has no factor yet. */
export const isUnconfirmed = (record: unknown): boolean => Object.keys(asObject(record) ?? {}).join() === 'pending';
