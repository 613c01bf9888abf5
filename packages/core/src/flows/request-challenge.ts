import type { Runtime } from '../account/runtime.js';
import { FactorError } from '../error/factor-error.js';
import type { RequestCheck } from '../factor/checks/request-check.js';
import type { Reply } from '../factor/context.js';
import { readFields } from '../validation/payload.js';
import { factorContext } from './factor-context.js';
import { type ClientCall, FACTOR_KEY } from './request-code.js';

const checkOf = (key: string, { factors }: Pick<Runtime, 'factors'>): RequestCheck | undefined =>
  Object.hasOwn(factors, key) ? factors[key]?.requestChecks?.find(({ challenge }) => challenge !== undefined) : undefined;

/** Returns the keys of the factors whose messages clients must solve a challenge for. */
export const challengedKeys = (runtime: Pick<Runtime, 'factors'>): readonly string[] =>
  Object.keys(runtime.factors).filter((key) => checkOf(key, runtime) !== undefined);

/**
 * Returns a challenge that a client solves before it asks `{ factor }` for a message. It stores nothing but a count for the
 * client's network.
 *
 * @throws FactorError `invalid_input`
 */
export async function requestChallenge(call: ClientCall): Promise<Reply> {
  const { runtime, params } = call;
  const { factor: key } = readFields(params, { factor: FACTOR_KEY });
  const reply = await checkOf(key, runtime)?.challenge?.(factorContext(key, runtime, call));
  if (reply !== undefined) return reply;
  const accepts = challengedKeys(runtime)
    .map((each) => JSON.stringify(each))
    .join(' or ');
  throw new FactorError('invalid_input', { sentence: `Field "factor" must be ${accepts}.` });
}
