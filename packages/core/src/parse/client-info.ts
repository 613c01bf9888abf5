import { isIP } from 'node:net';
import type { ClientInfo } from '../account/ports.js';
import type { RequestHeaders } from '../factor/context.js';
import type { HookConfig } from './parse-types.js';

/** What `clientIp` may look at. */
export interface ClientIpRequest {
  /** The address that Parse Server saw; undefined for requests within the process, such as from Cloud Code. */
  readonly ip: string | undefined;
  /** The headers of the HTTP request by their names in lower case. A client can set any. */
  readonly headers: RequestHeaders;
  /** The installation that asks. A client can claim any. */
  readonly installationId: string | undefined;
}

/** Says which address a request counts for; undefined for the one that Parse Server saw. */
export type ClientIp = (request: ClientIpRequest) => string | undefined;

/** The part of a request that says who sends it. */
export interface SentRequest {
  readonly ip?: string | undefined;
  readonly installationId?: string | undefined;
  readonly config: HookConfig;
}

/** Who sends a request. What the application's function gives that is no IP address, or throws, is ignored. */
export function clientInfo(clientIp: ClientIp | undefined, { ip, installationId, config }: SentRequest): ClientInfo {
  const headers = config.headers ?? {};
  return { ip: addressOf(clientIp, { ip, headers, installationId }), installationId, headers };
}

function addressOf(clientIp: ClientIp | undefined, request: ClientIpRequest): string | undefined {
  try {
    const given = clientIp?.(request);
    return given !== undefined && isIP(given) > 0 ? given : request.ip;
  } catch {
    return request.ip;
  }
}
