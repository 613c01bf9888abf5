import { FactorConfigError, type AdminRequest, type ComposedFactors, type ParseCloud } from '@parse-factors/core';
import { resolveOptions, textOption, type MovePlan, type MoveReport } from '@parse-factors/core/factor';
import { isMobile, type MfaEnrolment } from './mfa-enrolment.js';

/** The Cloud function that `parse-factors-mfa-migrate` calls. */
export const MFA_MIGRATION = 'mfaMigrate';

/** The factors that users of `mfa` are moved to, by their keys in `auth`. */
export interface MfaMigrationOptions {
  /** A `TotpFactor`; `totp` by default. */
  readonly totp?: string;
  /** An `SmsOtpFactor`; `otp` by default. */
  readonly otp?: string;
  /** A `RecoveryCodesFactor`, or false where there is none: then recovery codes are dropped; `recovery` by default. */
  readonly recovery?: string | false;
}

const isName = textOption(64);

/**
 * Defines the Cloud function `mfaMigrate`, for the master key alone: it moves a batch of users from `mfa` to other
 * factors. Nothing is written unless it is told to.
 *
 * @param factors what `composeFactors` gives, with `mfa` and the factors that users are moved to
 * @param Parse the server's own copy of the SDK, as Cloud Code gets it; found by itself when left out
 * @throws FactorConfigError naming the option and what it accepts; or before Parse Server was loaded
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
  if (!Object.hasOwn(factors.auth, 'mfa')) throw new FactorConfigError('installMfaMigration: there is no factor "mfa"');
  if (targets.recovery !== false && !Object.hasOwn(factors.auth, targets.recovery)) {
    throw new FactorConfigError(`installMfaMigration: option "recovery" must be the key of a factor, or false`);
  }
  if (Parse?.Cloud === undefined) throw new FactorConfigError('installMfaMigration: call it from Cloud Code');
  const work = async (request: AdminRequest): Promise<MoveReport> =>
    factors.move(request, { from: 'mfa', plan: planFor(targets) });
  Parse.Cloud.define(MFA_MIGRATION, work, { requireMaster: true });
}

const planFor =
  ({ totp, otp, recovery }: Required<MfaMigrationOptions>) =>
  (enrolment: MfaEnrolment, now: number): MovePlan => {
    if (isMobile(enrolment)) return { into: { [otp]: { address: enrolment.mobile } } };
    const { secret, algorithm, digits, period: stepSeconds, recovery: codes } = enrolment;
    // No step that may have been used here is good there.
    const usedUntil = Math.floor(now / 1000 / stepSeconds) + 1;
    const into = { [totp]: { secret, algorithm, digits, stepSeconds, usedUntil } };
    if (codes.digests.length === 0) return { into };
    return recovery === false ? { into, note: 'recovery_codes_dropped' } : { into: { ...into, [recovery]: { ...codes } } };
  };
