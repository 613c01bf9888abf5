import { FactorError } from '../error/factor-error.js';
import { asObject } from '../validation/json-object.js';
import { assertNoTransaction } from './database/parse-table.js';
import { isFirstLook, loadedModules } from './loaded-modules.js';
import { type HookConfig, type HookUser, parseGlobal } from './parse-types.js';
import { endSession, isRevocable, isStored, sessionEnded } from './server/session-rows.js';

/** The authentication of a request, as Parse Server represents it. */
interface Asking {
  readonly isMaster?: boolean;
  readonly user?: HookUser;
}

/** Parse Server's reply to a request. */
interface Answer {
  readonly response?: unknown;
}

/** The part of Parse Server's module `lib/rest` that is used here. */
interface RestModule {
  create(config: HookConfig, auth: Asking, className: string, ...others: readonly unknown[]): Promise<Answer>;
}

/** The part of Parse Server's module `lib/Routers/SessionsRouter` that is used here. */
interface SessionsModule {
  readonly SessionsRouter: {
    readonly prototype: {
      handleUpdateToRevocableSession(request: { readonly config: HookConfig; readonly auth: Asking }): Promise<Answer>;
    };
  };
}

/** A symbol on wrapped objects, so that copies of this package wrap them once (one by `import`, one by `require`). */
const WATCHED = Symbol.for('parse-factors.session-copies');

/**
 * Ends a copy of a session when the original ends while it is copied. It watches `POST /sessions`, `createSession` in GraphQL,
 * and `POST /upgradeToRevocableSession`.
 *
 * Parse Server checks the session only when such a request begins. A change of factors may end that session before the copy is
 * stored. Then the copy is ended too, and the request is refused.
 */
export function watchSessionCopies(): void {
  for (const rest of loadedModules(isRestModule)) {
    if (!isFirstLook(rest, WATCHED)) continue;
    const { create } = rest;
    rest.create = (config, auth, className, ...others) => {
      const work = (): Promise<Answer> => create(config, auth, className, ...others);
      return className === '_Session' ? copying(config, auth, work) : work();
    };
  }
  for (const { SessionsRouter } of loadedModules(isSessionsModule)) {
    const { prototype } = SessionsRouter;
    if (!isFirstLook(prototype, WATCHED)) continue;
    const upgrade = prototype.handleUpdateToRevocableSession;
    prototype.handleUpdateToRevocableSession = function handleUpdateToRevocableSession(request) {
      return copying(request.config, request.auth, async () => upgrade.call(this, request));
    };
  }
}

/** Stores the copy before it checks the original. So either the end of the original is seen here, or its end sees the copy. */
async function copying(config: HookConfig, auth: Asking, copy: () => Promise<Answer>): Promise<Answer> {
  const asking = auth.isMaster === true ? undefined : auth.user?.getSessionToken();
  if (!isRevocable(asking)) return copy();
  assertCommitted(config);
  const answer = await copy();
  if (await isStored(config, asking)) return answer;
  await endSession(config, String(asObject(answer.response)?.['sessionToken']));
  throw sessionEnded();
}

/** Refuses a transaction: a session stored inside it is invisible to the code that ends sessions. */
function assertCommitted({ database }: HookConfig): void {
  try {
    assertNoTransaction(database);
  } catch (fault) {
    if (fault instanceof FactorError) throw new (parseGlobal().Error)(fault.parseCode, fault.message);
    throw fault;
  }
}

const isRestModule = (exported: unknown): exported is RestModule =>
  ['create', 'del', 'find', 'get', 'update'].every((name) => typeof asObject(exported)?.[name] === 'function');

const isSessionsModule = (exported: unknown): exported is SessionsModule => {
  const router: unknown = asObject(exported)?.['SessionsRouter'];
  if (typeof router !== 'function') return false;
  return typeof asObject(router.prototype)?.['handleUpdateToRevocableSession'] === 'function';
};
