import { isIP } from 'node:net';
import type { RequestHeaders } from '../factor/context.js';
import type { AskedRequest } from '../flows/factor-context.js';

/** What `clientIp` may look at. */
export interface ClientIpRequest {
  /** The address that Parse Server saw; undefined for requests within the process, such as from Cloud Code. */
  readonly ip: string | undefined;
  /** The headers of the HTTP request by their names in lower case. A client can set any. */
  readonly headers: RequestHeaders;
  /** The installation that asks; a client can claim any. */
  readonly installationId: string | undefined;
}

/** Says which address a request counts for; undefined for the one that Parse Server saw. */
export type ClientIp = (request: ClientIpRequest) => string | undefined;

/** The address that a request counts for. What the application's function gives otherwise, or throws, is not listened to. */
export function ipOf(clientIp: ClientIp | undefined, { ip, installationId, config }: AskedRequest): string | undefined {
  if (ip === null) return undefined;
  try {
    const given = clientIp?.({ ip, headers: config.headers ?? {}, installationId });
    return given !== undefined && isIP(given) > 0 ? given : ip;
  } catch {
    return ip;
  }
}
