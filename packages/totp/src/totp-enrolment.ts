import { FactorError } from '@parse-factors/core';
import {
  bytesFrom,
  choiceOption,
  integerOption,
  markSubject,
  subjectOf,
  type FactorContext,
  type Several,
} from '@parse-factors/core/factor';
import { ScureBase32Plugin } from 'otplib';
import type { TotpAlgorithm } from './totp-code.js';

/** What the factor stores about a user. It includes the parameters, so that changed options lock no user out. */
export interface TotpEnrolment {
  /** The shared secret in Base32 (RFC 4648, section 6). */
  readonly secret: string;
  readonly algorithm: TotpAlgorithm;
  readonly digits: number;
  readonly stepSeconds: number;
  /** For a user who was migrated from another factor: the last step that may have been used there. */
  readonly usedUntil?: number;
  /**
   * Whether it has a high-water mark of its own. Of several authenticators, the one that was set up first has that of the
   * factor, which takes a login one statement less.
   */
  readonly marksApart?: true;
}

/** RFC 4226, section 4, R6: at least 128 bits, 160 recommended. */
const SECRET_BYTES = 20;
/** Base32 without padding (RFC 4648, section 6). */
const SECRET = /^[A-Z2-7]{8,256}$/;
const base32 = new ScureBase32Plugin();

/** Returns the store's name for the high-water mark of an authenticator. */
export const totpMarkSubject = (context: FactorContext, { id, marksApart }: Several<TotpEnrolment>): string => {
  const { appId, key, user } = context;
  return marksApart === true && id !== undefined ? subjectOf('authenticator', appId, key, user.id, id) : markSubject(context);
};

/** Creates a shared secret in Base32. */
export const newSecret = (random: FactorContext['random']): string => base32.encode(bytesFrom(random, SECRET_BYTES));

/** The bytes of a shared secret in Base32. */
export const secretBytes = (secret: string): Uint8Array => base32.decode(secret);

/**
 * Takes over an enrolment that another factor has stored.
 * @throws FactorError `invalid_input`
 */
export function importEnrolment({
  secret,
  algorithm,
  digits,
  stepSeconds,
  usedUntil,
}: Readonly<Record<string, unknown>>): TotpEnrolment {
  const isSound =
    typeof secret === 'string' &&
    SECRET.test(secret) &&
    choiceOption('SHA1', 'SHA256', 'SHA512').isValid(algorithm) &&
    [integerOption(6, 9).isValid(digits), integerOption(10, 600).isValid(stepSeconds), Number.isInteger(usedUntil)].every(
      Boolean,
    );
  if (!isSound) throw new FactorError('invalid_input');
  return { secret, algorithm, digits, stepSeconds, usedUntil } as TotpEnrolment;
}
