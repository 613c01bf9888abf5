import { emitter } from '../events/event-dispatcher.js';
import type { FactorUser, RequestContext } from '../factor/context.js';
import type { PrimaryFactor } from '../factor/primary-factor.js';
import { ipOf } from '../parse/client-ip.js';
import type { HookRequest } from '../parse/parse-types.js';
import { warnOfProxy } from '../parse/proxy-warning.js';
import type { FactorRuntime } from './runtime.js';

/** The part of a request that a factor may know of. */
export type AskedRequest = Pick<HookRequest, 'installationId' | 'config'> & {
  /** Null where the request is to count for no address. */
  readonly ip?: string | null | undefined;
  /** What a login has proven in place of the password. */
  readonly primary?: PrimaryFactor | undefined;
};

/**
 * What a factor works with during a request.
 *
 * @param who whom events are about, as far as that is known
 */
export function requestContext(
  key: string,
  runtime: FactorRuntime,
  request: AskedRequest,
  who?: FactorUser | string,
): RequestContext {
  const { keyring, clock, random, storeFor, later, clientIp } = runtime;
  const { installationId, config } = request;
  const ip = ipOf(clientIp, request);
  warnOfProxy(runtime, request);
  const emit = emitter(key, runtime, request, who);
  const headers = config.headers ?? {};
  return { key, appId: config.appId, ip, installationId, headers, store: storeFor(config), keyring, clock, random, emit, later };
}
