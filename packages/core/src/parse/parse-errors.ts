import { FactorError } from '../error/factor-error.js';
import { faultName } from '../error/fault-name.js';
import type { FactorContext } from '../factor/context.js';
import { parseGlobal } from './parse-types.js';

const SCRIPT_FAILED = 141;

/**
 * Runs what a hook or trigger does, and lets out nothing but the server's own errors: from our
 * table, or of another provider or trigger. Anything else is `unavailable`.
 *
 * @param emit is told of faults
 */
export async function answering<Result>(emit: FactorContext['emit'], work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (fault) {
    const Parse = parseGlobal();
    if (fault instanceof Parse.Error) throw fault;
    const error = fault instanceof FactorError ? fault : new FactorError('unavailable', { cause: fault });
    if (error.code === 'unavailable') emit({ type: 'fault', reason: faultName(error.cause ?? error) });
    throw new Parse.Error(error.parseCode, error.message);
  }
}

/** What another provider threw: the server's own error, or the one that Parse Server would answer in its place. */
export function asServerError(fault: unknown): Error {
  const Parse = parseGlobal();
  return fault instanceof Parse.Error ? fault : new Parse.Error(SCRIPT_FAILED, 'Auth failed. Unknown error.');
}
