import { FactorError } from '../error/factor-error.js';
import { asObject } from '../validation/json-object.js';
import { assertNoTransaction } from './database/parse-table.js';
import { loadedModules } from './loaded-modules.js';
import { type HookConfig, type HookUser, parseGlobal } from './parse-types.js';
import { endSession } from './server/sessions.js';

/** Who sends a request, as Parse Server knows them. */
interface Asking {
  readonly isMaster?: boolean;
  readonly user?: HookUser;
}

/** What Parse Server answers a request with. */
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

const INVALID_SESSION_TOKEN = 209;
/** On what was wrapped, so that copies of this package wrap it once, as by `import` and by `require`. */
const WATCHED = Symbol.for('parse-factors.session-copies');

/**
 * Watches requests that copy their session: `POST /sessions`, `createSession` in GraphQL, `POST /upgradeToRevocableSession`.
 * Parse Server looks at the session when such a request begins. A change of factors may end that session before the copy is
 * stored; then the copy is ended too, and the request is refused.
 */
export function watchSessionCopies(): void {
  for (const rest of loadedModules(isRestModule)) {
    if (!isFirst(rest)) continue;
    const { create } = rest;
    rest.create = (config, auth, className, ...others) => {
      const work = (): Promise<Answer> => create(config, auth, className, ...others);
      return className === '_Session' ? copying(config, auth, work) : work();
    };
  }
  for (const { SessionsRouter } of loadedModules(isSessionsModule)) {
    const { prototype } = SessionsRouter;
    if (!isFirst(prototype)) continue;
    const upgrade = prototype.handleUpdateToRevocableSession;
    prototype.handleUpdateToRevocableSession = function handleUpdateToRevocableSession(request) {
      return copying(request.config, request.auth, async () => upgrade.call(this, request));
    };
  }
}

/** The copy is stored before the session is looked at: so either that is seen to have ended, or the copy is seen where it ends. */
async function copying(config: HookConfig, auth: Asking, copy: () => Promise<Answer>): Promise<Answer> {
  const asking = auth.isMaster === true ? undefined : auth.user?.getSessionToken();
  // A token from before Parse Server had sessions names none.
  if (asking?.startsWith('r:') !== true) return copy();
  assertCommitted(config);
  const answer = await copy();
  const [stillThere] = await config.database.find('_Session', { sessionToken: asking }, { limit: 1 });
  if (stillThere !== undefined) return answer;
  await endSession(config, String(asObject(answer.response)?.['sessionToken']));
  throw new (parseGlobal().Error)(INVALID_SESSION_TOKEN, 'Invalid session token');
}

/** What is stored inside a transaction is not seen where sessions end. */
function assertCommitted({ database }: HookConfig): void {
  try {
    assertNoTransaction(database);
  } catch (fault) {
    if (fault instanceof FactorError) throw new (parseGlobal().Error)(fault.parseCode, fault.message);
    throw fault;
  }
}

function isFirst(watched: object): boolean {
  if (Object.hasOwn(watched, WATCHED)) return false;
  Object.defineProperty(watched, WATCHED, { value: true });
  return true;
}

const isRestModule = (exported: unknown): exported is RestModule =>
  ['create', 'del', 'find', 'get', 'update'].every((name) => typeof asObject(exported)?.[name] === 'function');

const isSessionsModule = (exported: unknown): exported is SessionsModule => {
  const router: unknown = asObject(exported)?.['SessionsRouter'];
  if (typeof router !== 'function') return false;
  return typeof asObject(router.prototype)?.['handleUpdateToRevocableSession'] === 'function';
};
