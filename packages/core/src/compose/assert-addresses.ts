import type { Runtime } from '../account/runtime.js';
import { FactorConfigError } from '../error/config-error.js';
import type { Factor } from '../factor/factor.js';
import { identityOf } from '../factor/primary-sign-in.js';

type Factors = Readonly<Record<string, Factor<object>>>;

/** Fields whose values are no addresses. */
const NO_ADDRESS = new Set(['authData', 'username', 'password', 'objectId', 'createdAt', 'updatedAt', 'sessionToken', 'ACL']);

const factorAt = (factors: Factors, key: string): Factor<object> | undefined =>
  Object.hasOwn(factors, key) ? factors[key] : undefined;

/**
 * Checks the options that concern addresses: which factors reset passwords, which fields are verified, and which are protected.
 *
 * @throws FactorConfigError when one names what cannot do that
 */
export function assertAddresses(
  factors: Factors,
  options: Pick<Runtime, 'passwordReset' | 'addressVerification' | 'freshProofFor'>,
): void {
  assertResets(factors, options.passwordReset);
  assertVerification(factors, options.addressVerification);
  assertProtected(options.freshProofFor, Object.keys(options.addressVerification));
}

/** Checks that each factor that resets passwords can prove an address. @throws FactorConfigError when one cannot */
function assertResets(factors: Factors, keys: readonly string[]): void {
  for (const key of keys) {
    const factor = factorAt(factors, key);
    const isReachable =
      factor?.addressProof !== undefined && (identityOf(factor) !== undefined || factor.addressProof.field === 'email');
    if (isReachable) continue;
    throw new FactorConfigError(
      `composeFactors: option "passwordReset" must name factors that send codes by email, or that sign in by a code; ${JSON.stringify(key)} does not`,
    );
  }
}

/**
 * Checks that each field that users verify holds addresses of its factor.
 *
 * @param verification the factor's key, by field
 * @throws FactorConfigError when one does not
 */
function assertVerification(factors: Factors, verification: Readonly<Record<string, string>>): void {
  for (const [field, key] of Object.entries(verification)) {
    const proof = factorAt(factors, key)?.addressProof;
    if (NO_ADDRESS.has(field) || field.endsWith('Verified'))
      throw new FactorConfigError(
        `composeFactors: option "addressVerification" must name fields of the user that hold an address; ${JSON.stringify(field)} does not`,
      );
    if (proof === undefined || (field === 'email' && proof.field !== 'email'))
      throw new FactorConfigError(
        `composeFactors: option "addressVerification" must name, for the field "${field}", a factor that sends codes${field === 'email' ? ' by email' : ''}; ${JSON.stringify(key)} does not`,
      );
  }
}

/**
 * Checks what a session changes only after a step-up proof.
 *
 * @param verified the fields that users verify
 * @throws FactorConfigError for anything but the password, `email`, `username` and these fields
 */
function assertProtected(names: readonly string[], verified: readonly string[]): void {
  const known = new Set(['password', 'email', 'username', ...verified]);
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return;
  const accepts = [...known].map((name) => JSON.stringify(name)).join(', ');
  throw new FactorConfigError(
    `composeFactors: option "freshProofFor" must be a list of any of ${accepts}; ${JSON.stringify(unknown)} is none of them`,
  );
}
