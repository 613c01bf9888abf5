import type { Composed } from '../../account/factor-roles.js';
import type { SentCredentials } from '../../account/sent-credentials.js';
import { FactorError } from '../../error/factor-error.js';
import { identityOf } from '../../factor/primary-sign-in.js';
import { asObject } from '../../validation/json-object.js';
import { NetworkLimit } from './network-limits.js';

/**
 * Answers every failure of a look-up sign-in with `code_rejected`, so that the reply does not reveal which check failed (user
 * enumeration, CWE-204).
 *
 * @param isForeign recognises errors of other parts of the server
 */
export async function withUniformErrors<Result>(
  { providers }: SentCredentials,
  { factors }: Composed,
  work: () => Promise<Result>,
  isForeign: (fault: unknown) => boolean,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NetworkLimit) throw error; // counted before any credential was checked
    // A status that an SDK sends back has no ticket.
    const isLookUp = Object.entries(providers).some(
      ([key, payload]) => identityOf(factors[key])?.lookUp !== undefined && Object.hasOwn(asObject(payload) ?? {}, 'ticket'),
    );
    const isVisible = error instanceof FactorError ? error.code !== 'unavailable' : isForeign(error);
    throw isLookUp && isVisible ? new FactorError('code_rejected') : error;
  }
}
