import { FactorConfigError, type AdminRequest, type ComposedFactors, type ParseCloud } from '@parse-factors/core';
import { resolveOptions, textOption, type MovePlan, type MoveReport } from '@parse-factors/core/factor';
import { isMobile, type MfaEnrolment } from './mfa-enrolment.js';

/** The Cloud function that `parse-factors-mfa-migrate` calls. */
export const MFA_MIGRATION = 'mfaMigrate';

/** The target factors of the migration, by their keys in `auth`. */
export interface MfaMigrationOptions {
  /** The key of a `TotpFactor`; `totp` by default. */
  readonly totp?: string;
  /** The key of an `SmsOtpFactor`; `otp` by default. */
  readonly otp?: string;
  /** The key of a `RecoveryCodesFactor`; `recovery` by default. False drops the recovery codes. */
  readonly recovery?: string | false;
}

const isName = textOption(64);

/**
 * Defines the Cloud function `mfaMigrate`, which moves a batch of users from `mfa` to other factors. It needs the master key.
 * It is a dry run unless the call asks to write.
 * @param factors the result of `composeFactors`, with `mfa` and the target factors
 * @param Parse the server's own copy of the SDK, as Cloud Code gets it; the global `Parse` by default
 * @throws FactorConfigError naming the option and what it accepts, or if Parse Server is not loaded yet
 */
export function installMfaMigration(
  factors: Pick<ComposedFactors, 'auth' | 'move'>,
  options: MfaMigrationOptions = {},
  Parse: ParseCloud | undefined = (globalThis as unknown as { readonly Parse?: ParseCloud }).Parse,
): void {
  const targets = resolveOptions<Required<MfaMigrationOptions>>(
    'installMfaMigration',
    options,
    {
      totp: isName,
      otp: isName,
      recovery: { accepts: 'the key of a factor, or false', isValid: (value) => value === false || isName.isValid(value) },
    },
    { totp: 'totp', otp: 'otp', recovery: 'recovery' },
  );
  if (!Object.hasOwn(factors.auth, 'mfa'))
    throw new FactorConfigError('installMfaMigration: composeFactors has no factor "mfa"; add mfaCompat under that key');
  if (targets.recovery !== false && !Object.hasOwn(factors.auth, targets.recovery)) {
    throw new FactorConfigError(`installMfaMigration: option "recovery" must be the key of a factor of composeFactors, or false`);
  }
  if (Parse?.Cloud === undefined)
    throw new FactorConfigError('installMfaMigration: Parse Server has not started; call it from Cloud Code or after the start');
  const work = async (request: AdminRequest): Promise<MoveReport> =>
    factors.move(request, { from: 'mfa', plan: planFor(targets) });
  Parse.Cloud.define(MFA_MIGRATION, work, { requireMaster: true });
}

const planFor =
  ({ totp, otp, recovery }: Required<MfaMigrationOptions>) =>
  (enrolment: MfaEnrolment, now: number): MovePlan => {
    if (isMobile(enrolment)) return { into: { [otp]: { address: enrolment.mobile } } };
    const { secret, algorithm, digits, period: stepSeconds, recovery: codes } = enrolment;
    // Steps that may have been used with `mfa` are refused by the target factor (replay).
    const usedUntil = Math.floor(now / 1000 / stepSeconds) + 1;
    const into = { [totp]: { secret, algorithm, digits, stepSeconds, usedUntil } };
    if (codes.digests.length === 0) return { into };
    return recovery === false ? { into, note: 'recovery_codes_dropped' } : { into: { ...into, [recovery]: { ...codes } } };
  };
