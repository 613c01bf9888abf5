import { FactorError } from '../error/factor-error.js';
import { emittingFaults } from '../events/event-dispatcher.js';
import type { FactorContext } from '../factor/context.js';
import { parseGlobal } from './parse-types.js';

const SCRIPT_FAILED = 141;

/** Whether an error is the server's own: of another provider or trigger. */
export const isServerError = (fault: unknown): boolean => fault instanceof parseGlobal().Error;

/**
 * Runs a hook or trigger and turns every failure into a `Parse.Error`. Errors of the server pass as they are; unknown errors
 * become `unavailable`.
 *
 * @param emit is called with faults
 */
export async function withParseErrors<Result>(emit: FactorContext['emit'], work: () => Promise<Result>): Promise<Result> {
  try {
    return await emittingFaults(emit, work, isServerError);
  } catch (fault) {
    throw fault instanceof FactorError ? new (parseGlobal().Error)(fault.parseCode, fault.message) : fault;
  }
}

/** What another provider threw: the server's own error, or the one that Parse Server would answer in its place. */
export function asServerError(fault: unknown): Error {
  const Parse = parseGlobal();
  return fault instanceof Parse.Error ? fault : new Parse.Error(SCRIPT_FAILED, 'Auth failed. Unknown error.');
}
