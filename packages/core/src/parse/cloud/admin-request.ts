import { FactorError } from '../../error/factor-error.js';
import type { CloudRequest } from './cloud-request.js';

/** The part of a Cloud function's request that is used here. */
export interface AdminRequest extends CloudRequest {
  readonly params: unknown;
  readonly isReadOnly?: boolean;
}

/** Requires the master key. @throws FactorError `session_required` without it, and for the read-only master key */
export function assertAdministrator(request: AdminRequest): void {
  if (request.master !== true || mayOnlyRead(request)) throw new FactorError('session_required');
}

/** Requires the master key, which may be the read-only one. @throws FactorError `session_required` without it */
export function assertReader({ master }: AdminRequest): void {
  if (master !== true) throw new FactorError('session_required');
}

/**
 * Whether the request's master key may only read. Parse Server 8 does not say so: then the header must hold the one that
 * writes.
 */
function mayOnlyRead({ isReadOnly, config }: AdminRequest): boolean {
  if (isReadOnly !== undefined || (config.readOnlyMasterKey ?? undefined) === undefined) return isReadOnly === true;
  return typeof config.masterKey !== 'string' || config.headers?.['x-parse-master-key'] !== config.masterKey;
}
