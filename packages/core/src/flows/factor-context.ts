import type { AccountState, ServerRequest } from '../account/ports.js';
import type { Runtime } from '../account/runtime.js';
import { emitter } from '../events/event-dispatcher.js';
import type { CodeOwner, RequestContext } from '../factor/context.js';

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
  const mayUseTestCodes = (owner: CodeOwner): Promise<boolean> => testCodesFor(key, runtime, request, owner);
  const chosen = { ...(via !== undefined && { via }), ...(details !== undefined && { details }) };
  return { key, appId, ...client, ...chosen, store, keyring, clock, random, emit, later, mayUseTestCodes };
}

/**
 * Whether fixed test codes may be used for an account. They open no account that has more rights than others: not with the master
 * key, and not for a role that the login policy demands factors of.
 *
 * @param key the factor's key in `auth`
 */
async function testCodesFor(
  key: string,
  { policy }: Runtime,
  { server, hasMasterKey }: ServerRequest,
  owner: CodeOwner,
): Promise<boolean> {
  if (hasMasterKey) return false;
  const userId = 'userId' in owner ? owner.userId : (await server.accounts.findLinked(key, owner.linkedId))?.id;
  return userId === undefined || !(await policy.demandsByRole(() => server.roles.namesOf(userId)));
}
