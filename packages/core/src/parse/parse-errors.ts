import { FactorError } from '../error/factor-error.js';
import { emittingFaults } from '../events/event-dispatcher.js';
import type { FactorContext } from '../factor/context.js';
import { parseGlobal } from './parse-types.js';

const SCRIPT_FAILED = 141;

/** Whether an error is a `Parse.Error`, such as of another provider or trigger. */
export const isServerError = (fault: unknown): boolean => fault instanceof parseGlobal().Error;

/**
 * Runs a hook or trigger and turns every failure into a `Parse.Error`. Errors of the server pass unchanged; unknown errors
 * become `unavailable`.
 *
 * @param emit called for faults
 */
export async function withParseErrors<Result>(emit: FactorContext['emit'], work: () => Promise<Result>): Promise<Result> {
  try {
    return await emittingFaults(emit, work, isServerError);
  } catch (fault) {
    throw fault instanceof FactorError ? new (parseGlobal().Error)(fault.parseCode, fault.message) : fault;
  }
}

/** Turns an error of another provider into a `Parse.Error`: its own, or the one that Parse Server would reply with. */
export function asServerError(fault: unknown): Error {
  const Parse = parseGlobal();
  return fault instanceof Parse.Error ? fault : new Parse.Error(SCRIPT_FAILED, 'Auth failed. Unknown error.');
}
