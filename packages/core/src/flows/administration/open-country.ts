import type { Runtime } from '../../account/runtime.js';
import { FactorError } from '../../error/factor-error.js';
import { type FieldRule, readFields } from '../../validation/payload.js';
import { FACTOR_KEY } from '../request-code.js';
import { factorContext } from '../factor-context.js';
import type { AdminCall } from './user-batch.js';

const COUNTRY: FieldRule = { maxLength: 2, pattern: /^[A-Z]{2}$/, accepts: 'a country code such as FR' };

/**
 * Opens a country again that a factor has closed because its codes did not come back: `{ factor, country }`.
 *
 * @returns the country
 * @throws FactorError `invalid_input`, also for a factor that closes no countries
 */
export async function openCountry(runtime: Runtime, call: AdminCall): Promise<string> {
  const { factor, country } = readFields(call.params, { factor: FACTOR_KEY, country: COUNTRY });
  const open = Object.hasOwn(runtime.factors, factor) ? runtime.factors[factor]?.openCountry : undefined;
  if (open === undefined)
    throw new FactorError('invalid_input', {
      sentence: 'Field "factor" must be the key of a factor with the option "conversion".',
    });
  const context = factorContext(factor, runtime, call);
  await open(context, country);
  context.emit({ type: 'country_opened', country });
  return country;
}
