import type { HookConfig } from '../parse-types.js';

/** The part of a running server's configuration that is used outside of requests. */
export interface ServerConfig extends HookConfig {
  readonly state?: string;
  readonly protectedFields?: unknown;
  readonly protectedFieldsOwnerExempt?: unknown;
  readonly allowHeaders?: unknown;
  /** Parse Server overrides the methods of disabled log levels on this object. */
  readonly loggerController?: { error(message: string): void };
}

/**
 * Returns the configuration of the running server that has loaded any of these adapters; undefined while none is up.
 *
 * Of several servers in one process, only the last one that was started is found.
 */
export function runningServer(auth: Readonly<Record<string, unknown>>): ServerConfig | undefined {
  const { Parse } = globalThis as unknown as { readonly Parse?: { readonly Server?: Partial<ServerConfig> } };
  const server = Parse?.Server;
  const isOurs = Object.entries(auth).some(([key, adapter]) => server?.auth?.[key] === adapter);
  return isOurs && server?.state === 'ok' && server.database !== undefined ? (server as ServerConfig) : undefined;
}
