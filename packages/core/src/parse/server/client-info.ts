import { isIP } from 'node:net';
import type { ClientInfo } from '../../account/ports.js';
import type { RequestHeaders } from '../../factor/context.js';
import { unmapped } from '../../validation/ip-network.js';
import type { HookConfig } from '../parse-types.js';

/** The facts about a request that `clientIp` receives. */
export interface ClientIpRequest {
  /** The IP address that Parse Server saw; undefined for requests within the process, such as from Cloud Code. */
  readonly ip: string | undefined;
  /** The headers of the HTTP request, by lower-case name. A client can set any of them. */
  readonly headers: RequestHeaders;
  /** The id of the installation that sends the request. A client can send any. */
  readonly installationId: string | undefined;
}

/** Returns the IP address that a request counts for; undefined for the one that Parse Server saw. */
export type ClientIp = (request: ClientIpRequest) => string | undefined;

/** The part of a request that describes its client. */
export interface SentRequest {
  readonly ip?: string | undefined;
  readonly installationId?: string | undefined;
  readonly config: HookConfig;
}

/** Describes the client of a request. If the application's function throws or returns no IP address, its result is ignored. */
export function clientInfo(clientIp: ClientIp | undefined, { ip, installationId, config }: SentRequest): ClientInfo {
  const headers = config.headers ?? {};
  const address = addressOf(clientIp, { ip: ip && unmapped(ip), headers, installationId });
  return { ip: address && unmapped(address), installationId, headers };
}

function addressOf(clientIp: ClientIp | undefined, request: ClientIpRequest): string | undefined {
  try {
    const address = clientIp?.(request);
    return address !== undefined && isIP(address) > 0 ? address : request.ip;
  } catch {
    return request.ip;
  }
}
