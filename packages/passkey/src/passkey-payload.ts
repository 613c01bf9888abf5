import { FactorError } from '@parse-factors/core';
import { asObject, NAME_RULE, readFields } from '@parse-factors/core/factor';
import { CREDENTIAL_ID, readCredential, USER_HANDLE, type AssertionAnswer, type RegistrationAnswer } from './parse-credential.js';
import type { Passkey, PasskeyEnrolment } from './passkey.js';

const PURPOSE = { maxLength: 11, pattern: /^(?:enrolment|fresh-proof)$/, accepts: '"enrolment" or "fresh-proof"' };
const UNNAMED = 'Unnamed passkey';

/** Whether the payload has the field. */
export const hasField = (payload: unknown, name: string): boolean => Object.hasOwn(asObject(payload) ?? {}, name);

/** The response to a registration, and the user's name for the passkey. */
export interface NamedRegistration {
  readonly answer: RegistrationAnswer;
  readonly name: string;
}

/** An assertion that identifies its user. */
export interface NamedAssertion {
  /** The user handle. */
  readonly id: string;
  readonly answer: AssertionAnswer;
}

/** Reads `{ purpose }`: what a challenge is requested for. */
export const readPurpose = (payload: unknown): 'enrolment' | 'fresh-proof' =>
  readFields(payload, { purpose: PURPOSE }).purpose === 'enrolment' ? 'enrolment' : 'fresh-proof';

/** Reads `{ credential }`, or `{ credential, name }` for a registration. */
export function readCredentialOf(payload: unknown): NamedRegistration | AssertionAnswer {
  const isNamed = hasField(payload, 'name');
  const { credential, name = UNNAMED } = exactly(payload, isNamed ? ['credential', 'name'] : ['credential']);
  const answer = readCredential(credential);
  if (answer.kind === 'registration') return { answer, name: readFields({ name }, { name: NAME_RULE }).name };
  if (isNamed) throw unexpected();
  return answer;
}

/** Reads `{ credential }` or `{ credential, name }` of a registration. */
export function readRegistration(payload: unknown): NamedRegistration {
  const read = readCredentialOf(payload);
  if (isAssertion(read)) throw unexpected();
  return read;
}

/** Reads `{ credential }` of an assertion. */
export const readAnswer = (payload: unknown): AssertionAnswer => asAssertion(exactly(payload, ['credential'])['credential']);

/** Reads `{ id, credential }` of an assertion that identifies its user. */
export function readNamedAssertion(payload: unknown): NamedAssertion {
  const { id, credential } = exactly(payload, ['id', 'credential']);
  return { id: readFields({ id }, { id: USER_HANDLE }).id, answer: asAssertion(credential) };
}

/** Whether it is the response to an authentication. */
export const isAssertion = (read: NamedRegistration | AssertionAnswer): read is AssertionAnswer => 'kind' in read;

/** A change of one of the user's passkeys. */
export interface PasskeyChange {
  /** The passkey's id. */
  readonly id: string;
  /** Returns the changed passkey, or an empty list to remove it. */
  change(passkey: Passkey): Passkey[];
}

/** Reads `{ rename, name }` or `{ remove }` as a change of the user's passkeys. */
export function readChange(payload: unknown): PasskeyChange {
  if (hasField(payload, 'remove')) return { id: readFields(payload, { remove: CREDENTIAL_ID }).remove, change: () => [] };
  const { rename, name } = readFields(payload, { rename: CREDENTIAL_ID, name: NAME_RULE });
  return { id: rename, change: (passkey) => [{ ...passkey, name }] };
}

/**
 * Checks that a passkey can be removed, before a step-up proof is used for it.
 * @throws FactorError `not_enrolled`, `invalid_input`
 */
export function assertRemovable({ id }: PasskeyChange, { passkeys }: PasskeyEnrolment): void {
  if (!passkeys.some((passkey) => passkey.id === id)) throw noSuchPasskey();
  if (passkeys.length === 1) {
    throw new FactorError('invalid_input', { sentence: 'This is the last passkey. To remove it, send null for the factor.' });
  }
}

/** The error for an unknown passkey id. */
export const noSuchPasskey = (): FactorError => new FactorError('not_enrolled', { sentence: 'There is no such passkey.' });

function asAssertion(credential: unknown): AssertionAnswer {
  const answer = readCredential(credential);
  if (answer.kind !== 'assertion') throw unexpected();
  return answer;
}

/** Checks the field names only; callers validate the values. */
function exactly(payload: unknown, names: readonly string[]): Readonly<Record<string, unknown>> {
  const object = asObject(payload);
  const isExact =
    object !== undefined && Object.keys(object).length === names.length && names.every((name) => hasField(object, name));
  if (isExact) return object;
  throw new FactorError('invalid_input', { sentence: `Expected an object with exactly these fields: ${names.join(', ')}.` });
}

const unexpected = (): FactorError =>
  new FactorError('invalid_input', { sentence: 'Field "credential" must answer the most recent options.' });
