import { FactorError } from '../../error/factor-error.js';
import type { CloudRequest } from './cloud-request.js';

/** The part of a Cloud function's request that is used here. */
export interface AdminRequest extends CloudRequest {
  readonly params: unknown;
  readonly isReadOnly?: boolean;
}

/** @throws FactorError `session_required` without the master key, and with the one that may only read */
export function assertAdministrator(request: AdminRequest): void {
  if (request.master !== true || mayOnlyRead(request)) throw new FactorError('session_required');
}

/** Parse Server 8 does not say whose master key it was: then it has to be the one that may write, and in the header. */
function mayOnlyRead({ isReadOnly, config }: AdminRequest): boolean {
  if (isReadOnly !== undefined || (config.readOnlyMasterKey ?? undefined) === undefined) return isReadOnly === true;
  return typeof config.masterKey !== 'string' || config.headers?.['x-parse-master-key'] !== config.masterKey;
}
