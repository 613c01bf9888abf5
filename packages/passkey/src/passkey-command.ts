import { FactorError } from '@parse-factors/core';
import type { AuthenticatorRules, Command, PayloadSource } from '@parse-factors/core/factor';
import type { AssertionAnswer } from './parse-credential.js';
import {
  hasField,
  isAssertion,
  readAnswer,
  readCredentialOf,
  readMediation,
  readPurpose,
  readRegistration,
  type Mediation,
  type NamedRegistration,
} from './passkey-payload.js';
import type { PasskeyEnrolment } from './passkey.js';

/** What a payload asks of the factor. */
export type PasskeyCommand = Command<AssertionAnswer, NamedRegistration, Mediation>;

/**
 * Reads a payload: an answer, a passkey to add, or a change of one of the user's passkeys.
 * @param rules how one of them changes
 * @throws FactorError `invalid_input`, `not_enrolled`
 */
export function readCommand(
  payload: unknown,
  { at, enrolment }: PayloadSource<PasskeyEnrolment>,
  rules: AuthenticatorRules,
): PasskeyCommand {
  if (at === 'challenge') return readChallenge(payload, enrolment);
  if (enrolment === undefined) return { do: 'enrol', confirmation: readRegistration(payload) };
  if (at === 'sign-in') return { do: 'answer', answer: readAnswer(payload) };
  const change = rules.readChange(payload, enrolment.passkeys);
  if (change !== undefined) return change;
  const read = readCredentialOf(payload);
  return isAssertion(read) ? { do: 'answer', answer: read } : { do: 'enrol', confirmation: read };
}

/**
 * `true` adds a passkey if the session has a step-up proof, and challenges otherwise. `{ purpose }` chooses one of them;
 * `{ purpose, mediation }` adds one without a dialog.
 */
function readChallenge(payload: unknown, enrolment: PasskeyEnrolment | undefined): PasskeyCommand {
  const isNew = enrolment === undefined;
  if (payload === true) return { do: isNew ? 'begin' : 'begin-or-challenge', begin: 'dialog' };
  if (hasField(payload, 'mediation')) {
    readMediation(payload);
    return { do: 'begin', begin: 'conditional' };
  }
  if (isNew || hasField(payload, 'purpose')) {
    if (readPurpose(payload) === 'enrolment') return { do: 'begin', begin: 'dialog' };
    if (isNew) throw new FactorError('not_enrolled');
  }
  return { do: 'challenge' };
}
