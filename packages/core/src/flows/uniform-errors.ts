import { FactorError } from '../error/factor-error.js';
import { type HookRequest, parseGlobal } from '../parse/parse-types.js';
import { givenOf } from '../parse/sent-credentials.js';
import { asObject } from '../validation/json-object.js';
import { NetworkLimit } from './network-limits.js';
import type { FactorRuntime } from './runtime.js';

/**
 * Where somebody was looked for by what he knows, whatever is wrong with the request is told in the same words, before
 * that is judged and after: else every factor, and every other check, would say whether it was right.
 */
export async function quietly<Result>(
  request: HookRequest,
  runtime: FactorRuntime,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const given = Object.entries(givenOf(request.object).authData);
    // What an SDK was shown, and sends back, has no ticket.
    const isLookUp = ([key, payload]: readonly [string, unknown]): boolean =>
      runtime.factors[key]?.signIn?.find !== undefined && Object.hasOwn(asObject(payload) ?? {}, 'ticket');
    const isTold = error instanceof FactorError ? error.code !== 'unavailable' : error instanceof parseGlobal().Error;
    if (error instanceof NetworkLimit) throw error; // counted before anything was judged
    throw given.some(isLookUp) && isTold ? new FactorError('code_rejected') : error;
  }
}
