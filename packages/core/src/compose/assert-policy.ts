import { identityFactors, secondFactors } from '../account/factor-roles.js';
import type { LoginPolicy } from '../account/login-policy.js';
import { FactorConfigError } from '../error/config-error.js';
import type { Factor } from '../factor/factor.js';
import { primaryOf } from '../factor/primary-sign-in.js';

/**
 * Checks that the composed factors can meet the policy.
 *
 * @throws FactorConfigError when a factor needs a second factor beside it and there is none, or the policy demands more second
 *   factors than there are, or names one that there is not
 */
export function assertPolicy(factors: Readonly<Record<string, Factor<object>>>, policy: LoginPolicy): void {
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
