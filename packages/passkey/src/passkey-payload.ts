import { FactorError } from '@parse-factors/core';
import { asObject, AuthenticatorRules, NAME_RULE, readFields } from '@parse-factors/core/factor';
import { CREDENTIAL_ID, readCredential, USER_HANDLE, type AssertionAnswer, type RegistrationAnswer } from './parse-credential.js';

const PURPOSE = { maxLength: 11, pattern: /^(?:enrolment|fresh-proof)$/, accepts: '"enrolment" or "fresh-proof"' };
const SIGN_UP = { maxLength: 7, pattern: /^sign-up$/, accepts: '"sign-up"' };
const UNNAMED = 'Unnamed passkey';

/** Whether the payload has the field. */
export const hasField = (payload: unknown, name: string): boolean => Object.hasOwn(asObject(payload) ?? {}, name);

/** How the browser asks for a new passkey: in a dialog, or not at all (WebAuthn Level 3, section 5.1.3). */
export type Mediation = 'dialog' | 'conditional';

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

/** Reads `{ purpose: "enrolment", mediation: "conditional" }`. */
export const readMediation = (payload: unknown): void =>
  void readFields(payload, {
    purpose: { maxLength: 9, pattern: /^enrolment$/, accepts: '"enrolment"' },
    mediation: { maxLength: 11, pattern: /^conditional$/, accepts: '"conditional"' },
  });

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

/** Reads `{ id, credential }` or `{ id, credential, name }` of a registration without a user; undefined for an assertion. */
export function readNamedRegistration(payload: unknown): (NamedRegistration & { readonly id: string }) | undefined {
  const { id, ...registration } = asObject(payload) ?? {};
  const read = readCredentialOf(registration);
  return isAssertion(read) ? undefined : { id: readFields({ id }, { id: USER_HANDLE }).id, ...read };
}

/** Reads `{ purpose: "sign-up" }` or `{ purpose: "sign-up", name }`: the account's name in the browser's dialogs, if any. */
export function readSignUp(payload: unknown): { readonly name?: string } {
  const isNamed = hasField(payload, 'name');
  if (isNamed) return { name: readFields(payload, { purpose: SIGN_UP, name: NAME_RULE }).name };
  readFields(payload, { purpose: SIGN_UP });
  return {};
}

/** Whether it is the response to an authentication. */
export const isAssertion = (read: NamedRegistration | AssertionAnswer): read is AssertionAnswer => 'kind' in read;

/** How passkeys are added, renamed and removed. */
export const passkeyRules = (max: number): AuthenticatorRules =>
  new AuthenticatorRules({ nouns: ['passkey', 'passkeys'], max, id: CREDENTIAL_ID });

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
