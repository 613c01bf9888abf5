import type { AccountState, ServerRequest } from '../account/ports.js';
import type { Runtime } from '../account/runtime.js';
import { emitter } from '../events/event-dispatcher.js';
import type { RequestContext } from '../factor/context.js';

/**
 * Builds the context that a factor works with during a request.
 *
 * @param who the user that events are about, as far as they are known
 */
export function factorContext(
  key: string,
  runtime: Runtime,
  request: ServerRequest,
  who?: AccountState | string,
): RequestContext {
  const { keyring, clock, random, later } = runtime;
  const { client, server, via, details } = request;
  const { appId, store } = server;
  const emit = emitter(key, runtime, request, who);
  const chosen = { ...(via !== undefined && { via }), ...(details !== undefined && { details }) };
  return { key, appId, ...client, ...chosen, store, keyring, clock, random, emit, later };
}
