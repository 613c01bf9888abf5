import { FactorError } from './factor-error.js';
import type { FactorRuntime } from './factor-runtime.js';
import { loginTrace } from './login-trace.js';
import { parseGlobal, type HookRequest } from './parse-hooks.js';

/**
 * Where a login has shown nothing yet but what its user knows, whatever else is wrong with it is told in
 * the same words: else every factor would say that this much was right.
 */
export async function quietly<Result>(
  request: HookRequest,
  runtime: FactorRuntime,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const proven = [...loginTrace(request).proven.ids.keys()];
    const isFound = proven.some((key) => runtime.factors[key]?.signIn?.find !== undefined);
    const isTold = error instanceof FactorError ? error.code !== 'unavailable' : error instanceof parseGlobal().Error;
    throw isFound && isTold && request.user === undefined ? new FactorError('code_rejected') : error;
  }
}
