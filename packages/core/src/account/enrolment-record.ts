import { asObject } from '../validation/json-object.js';

/** What stands in `authData.<key>`: one sealed string, and nothing to read or to query but the id of a first factor. */
export interface EnrolmentRecord {
  /** Where the factor can say who the user is: the id by which Parse Server finds him. */
  readonly id?: string;
  /** The enrolment as JSON, sealed for the application, the factor, and the user or the id. */
  readonly sealed?: string;
  /** Never stored: names what takes the place of this value when Parse Server writes it. */
  readonly staged?: string;
}

/** What tells one stored record from another. */
export const markOf = (record: unknown): string => {
  const { id, sealed, ...others } = asObject(record) ?? {};
  const clear = sealed === undefined ? Object.entries(others).toSorted(([a], [b]) => (a < b ? -1 : 1)) : [];
  return JSON.stringify([id ?? '', sealed ?? '', ...clear]);
};

/** What Parse Server's own `mfa` keeps of a number that nobody has confirmed: set up is nothing yet. */
export const isUnconfirmed = (record: unknown): boolean => Object.keys(asObject(record) ?? {}).join() === 'pending';
