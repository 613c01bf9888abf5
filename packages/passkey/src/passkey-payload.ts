import { FactorError } from '@parse-factors/core';
import { asObject, NAME_RULE, readFields } from '@parse-factors/core/factor';
import { CREDENTIAL_ID, readCredential, USER_HANDLE, type GivenAssertion, type GivenRegistration } from './given-credential.js';
import type { Passkey, PasskeyEnrolment } from './passkey.js';

const PURPOSE = { maxLength: 11, pattern: /^(?:enrolment|fresh-proof)$/, accepts: '"enrolment" or "fresh-proof"' };
const UNNAMED = 'Unnamed passkey';

/** Whether the payload has the field. */
export const hasField = (payload: unknown, name: string): boolean => Object.hasOwn(asObject(payload) ?? {}, name);

/** The answer to a registration, and what its user calls the passkey. */
export interface NamedRegistration {
  readonly given: GivenRegistration;
  readonly name: string;
}

/** An assertion that says whose it is. */
export interface NamedAssertion {
  /** The user handle. */
  readonly id: string;
  readonly given: GivenAssertion;
}

/** What a challenge is asked for, where that is said: `{ purpose }`. */
export const readPurpose = (payload: unknown): 'enrolment' | 'fresh-proof' =>
  readFields(payload, { purpose: PURPOSE }).purpose === 'enrolment' ? 'enrolment' : 'fresh-proof';

/** `{ credential }`, or `{ credential, name }` where it is the answer to a registration. */
export function readCredentialOf(payload: unknown): NamedRegistration | GivenAssertion {
  const isNamed = hasField(payload, 'name');
  const { credential, name = UNNAMED } = exactly(payload, isNamed ? ['credential', 'name'] : ['credential']);
  const given = readCredential(credential);
  if (given.kind === 'registration') return { given, name: readFields({ name }, { name: NAME_RULE }).name };
  if (isNamed) throw unexpected();
  return given;
}

/** `{ credential }` or `{ credential, name }` of a registration. */
export function readRegistration(payload: unknown): NamedRegistration {
  const read = readCredentialOf(payload);
  if (isAssertion(read)) throw unexpected();
  return read;
}

/** `{ credential }` of an assertion. */
export const readAnswer = (payload: unknown): GivenAssertion => asAssertion(exactly(payload, ['credential'])['credential']);

/** `{ id, credential }` of an assertion that says whose it is. */
export function readNamedAssertion(payload: unknown): NamedAssertion {
  const { id, credential } = exactly(payload, ['id', 'credential']);
  return { id: readFields({ id }, { id: USER_HANDLE }).id, given: asAssertion(credential) };
}

/** Whether it answers an authentication. */
export const isAssertion = (read: NamedRegistration | GivenAssertion): read is GivenAssertion => 'kind' in read;

/** A change of a user's passkeys: what becomes of one of them. */
export interface PasskeyChange {
  /** Its id. */
  readonly id: string;
  /** None where it is removed. */
  change(passkey: Passkey): Passkey[];
}

/** `{ rename, name }` or `{ remove }`, as a change of the user's passkeys. */
export function readChange(payload: unknown): PasskeyChange {
  if (hasField(payload, 'remove')) return { id: readFields(payload, { remove: CREDENTIAL_ID }).remove, change: () => [] };
  const { rename, name } = readFields(payload, { rename: CREDENTIAL_ID, name: NAME_RULE });
  return { id: rename, change: (passkey) => [{ ...passkey, name }] };
}

/** @throws FactorError where it cannot be done: before a fresh proof is spent on it */
export function assertRemovable({ id }: PasskeyChange, { passkeys }: PasskeyEnrolment): void {
  if (!passkeys.some((passkey) => passkey.id === id)) throw noSuchPasskey();
  if (passkeys.length === 1) {
    throw new FactorError('invalid_input', { sentence: 'The last passkey goes with the factor: send null for it.' });
  }
}

/** There is no passkey of that id. */
export const noSuchPasskey = (): FactorError => new FactorError('not_enrolled', { sentence: 'There is no such passkey.' });

function asAssertion(credential: unknown): GivenAssertion {
  const given = readCredential(credential);
  if (given.kind !== 'assertion') throw unexpected();
  return given;
}

/** What is not a text is checked by whoever reads it. */
function exactly(payload: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  const object = asObject(payload);
  const isExact =
    object !== undefined && Object.keys(object).length === names.length && names.every((name) => hasField(object, name));
  if (isExact) return object;
  throw new FactorError('invalid_input', { sentence: `Expected an object with exactly: ${names.join(', ')}.` });
}

const unexpected = (): FactorError =>
  new FactorError('invalid_input', { sentence: 'Field "credential" must answer the options that were given last.' });
