import { FactorError } from '@parse-factors/core';
import {
  asksForProof,
  asObject,
  digitsRule,
  NAME_RULE,
  readCode,
  readFields,
  type AuthenticatorRules,
  type Command,
  type FieldRule,
} from '@parse-factors/core/factor';
import type { TotpEnrolment } from './totp-enrolment.js';

/** The code that confirms an enrolment, with what the user says about one of several authenticators. */
export interface NamedCode {
  readonly code: string;
  /** The user's name for the authenticator. */
  readonly name?: string;
  /** The id of the authenticator that it replaces. */
  readonly replaces?: string;
}

/** Confirms an enrolment: a code alone, or with its name. */
export type TotpConfirmation = string | NamedCode;

/** What an enrolment begins with: the id of the authenticator that it replaces, if any. */
export type TotpBegin = string | undefined;

/** What a payload asks of the factor. */
export type TotpCommand = Command<string, TotpConfirmation, TotpBegin>;

/**
 * Reads a challenge. `true` enrols an authenticator app if the session has a step-up proof, and challenges otherwise.
 * `{ replace: <id> }` enrols one in place of another.
 * @param rules undefined if a user can have only one authenticator
 * @throws FactorError `invalid_input`
 */
export function readChallenge(
  payload: unknown,
  enrolment: TotpEnrolment | undefined,
  rules: AuthenticatorRules | undefined,
): TotpCommand {
  if (enrolment !== undefined && asksForProof(payload)) return { do: 'challenge' };
  if (enrolment !== undefined && rules !== undefined && hasField(payload, 'replace'))
    return { do: 'begin', begin: rules.readId(payload, 'replace') };
  if (payload !== true) throw new FactorError('invalid_input', { sentence: 'The only accepted value is true.' });
  return { do: 'begin-or-challenge', begin: undefined };
}

/**
 * Reads `{ code, name }`, `{ code, replace: <id> }`, or all three. Returns undefined for a code alone.
 * @throws FactorError `invalid_input`
 */
export function readNamedCode(payload: unknown, digits: number, rules: AuthenticatorRules): NamedCode | undefined {
  const [isNamed, replaces] = [hasField(payload, 'name'), hasField(payload, 'replace')];
  if (!isNamed && !replaces) return undefined;
  const fields: Record<string, FieldRule> = {
    code: digitsRule(digits),
    ...(isNamed && { name: NAME_RULE }),
    ...(replaces && { replace: rules.idRule }),
  };
  const { code = '', name, replace } = readFields(payload, fields);
  return { code, ...(name !== undefined && { name }), ...(replace !== undefined && { replaces: replace }) };
}

/** @throws FactorError `invalid_input` if no authenticator has codes of that length */
export function assertDigits(code: string, [first, ...others]: readonly [TotpEnrolment, ...TotpEnrolment[]]): void {
  if ([first, ...others].every(({ digits }) => digits !== code.length)) readCode(code, digitsRule(first.digits));
}

const hasField = (payload: unknown, name: string): boolean => Object.hasOwn(asObject(payload) ?? {}, name);
