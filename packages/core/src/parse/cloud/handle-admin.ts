import { emitter } from '../../events/event-dispatcher.js';
import type { AdminCall } from '../../flows/administration/user-batch.js';
import type { Bridge } from '../bridge.js';
import { withParseErrors } from '../parse-errors.js';
import { bridged } from '../server/server.js';
import type { AdminRequest } from './admin-request.js';

/** What a Cloud function for administrators does. */
export interface AdminWork<Result> {
  /** Throws unless the request has the master key that is needed. */
  readonly assert: (request: AdminRequest) => void;
  readonly work: (call: AdminCall) => Promise<Result>;
}

/** Runs a Cloud function for administrators. */
export function handleAdmin<Result>(bridge: Bridge, request: AdminRequest, { assert, work }: AdminWork<Result>): Promise<Result> {
  const asked = bridged(bridge, request);
  return withParseErrors(emitter('', bridge.runtime, asked, undefined), async () => {
    assert(request);
    return work({ ...asked, params: request.params });
  });
}
