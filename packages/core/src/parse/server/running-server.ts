import type { HookConfig } from '../parse-types.js';

/** The part of a started server's configuration that is used where there is no request. */
export interface ServerConfig extends HookConfig {
  readonly state?: string;
  readonly protectedFields?: unknown;
  readonly protectedFieldsOwnerExempt?: unknown;
  /** Methods of levels that are not logged are replaced on the object itself. */
  readonly loggerController?: { error(message: string): void };
}

/**
 * The configuration of the server that has loaded any of these adapters, once it is up. Of several servers
 * in one process it is the one that was started last.
 */
export function runningServer(auth: Readonly<Record<string, unknown>>): ServerConfig | undefined {
  const { Parse } = globalThis as unknown as { readonly Parse?: { readonly Server?: Partial<ServerConfig> } };
  const server = Parse?.Server;
  const isOurs = Object.entries(auth).some(([key, adapter]) => server?.auth?.[key] === adapter);
  return isOurs && server?.state === 'ok' && server.database !== undefined ? (server as ServerConfig) : undefined;
}
