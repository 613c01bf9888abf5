import { ipOf } from './client-ip.js';
import { emitter } from './emitter.js';
import type { FactorRuntime } from './factor-runtime.js';
import type { FactorUser, RequestContext } from './factor.js';
import { warnOfProxy } from './forwarded-for.js';
import type { HookRequest } from './parse-hooks.js';
import type { PrimaryFactor } from './primary-factor.js';

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
