import { identityFactors, secondFactors } from '../account/factor-roles.js';
import type { LoginPolicy } from '../account/login-policy.js';
import { FactorConfigError } from '../error/config-error.js';
import type { Factor } from '../factor/factor.js';
import { primaryOf, signsUpAlone } from '../factor/primary-sign-in.js';

/**
 * Checks that the composed factors can meet the policy.
 *
 * @throws FactorConfigError when a factor needs a second factor beside it and there is none, or the policy demands more second
 *   factors than there are, or names one that there is not; and when users can sign up without a way to recover
 */
export function assertPolicy(factors: Readonly<Record<string, Factor<object>>>, policy: LoginPolicy): void {
  assertRecoverable(factors);
  const second = secondFactors({ factors });
  const dependent = Object.keys(factors).find((key) => primaryOf(factors[key])?.needsSecondFactor === true);
  if (second.length === 0 && dependent !== undefined) {
    throw new FactorConfigError(
      `composeFactors: factors.${dependent} needs a second factor; add one to option "factors", such as an instance of TotpFactor`,
    );
  }
  if (second.length === 0 && identityFactors({ factors }).length < Object.keys(factors).length) {
    throw new FactorConfigError(
      'composeFactors: option "factors" must contain more than backup authenticators, which only replace another factor',
    );
  }
  if (policy.mostDemanded > second.length) {
    throw new FactorConfigError(
      `composeFactors: option "policy" requires ${policy.mostDemanded} second factors, but option "factors" has only ${second.length}; add factors or require fewer`,
    );
  }
  const [unknown] = policy.unknownNames;
  if (unknown !== undefined) {
    const known = second.length === 0 ? 'option "factors" has none' : `choose from: ${second.join(', ')}`;
    throw new FactorConfigError(
      `composeFactors: option "policy" names ${JSON.stringify(unknown)}, which is not a second factor; ${known}`,
    );
  }
}

/** Users who sign up with one passkey and nothing else need a way to recover, and their owner time to stop a thief. */
function assertRecoverable(factors: Readonly<Record<string, Factor<object>>>): void {
  const key = Object.keys(factors).find((each) => signsUpAlone(factors[each]) !== undefined);
  if (key === undefined || Object.values(factors).some(({ recovery }) => recovery?.isDelayed === true)) return;
  throw new FactorConfigError(
    `composeFactors: factors.${key} signs users up without another way in; add recovery codes that may change factors after a wait, such as new RecoveryCodesFactor({ changesFactors: { afterMs: 86400000 } })`,
  );
}
