import { FactorError } from './factor-error.js';
import { faultName } from './factor-event.js';
import type { FactorContext } from './factor.js';
import { parseGlobal } from './parse-hooks.js';

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
