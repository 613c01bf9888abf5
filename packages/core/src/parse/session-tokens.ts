import { AsyncLocalStorage } from 'node:async_hooks';
import { asObject } from '../validation/json-object.js';
import type { ParseRow } from './database/parse-database.js';
import { isFirstLook, loadedModules } from './loaded-modules.js';
import { type HookUser, parseGlobal } from './parse-types.js';
import { controllersOf } from './writes/write-gate.js';

/** What a request reads by, as Parse Server passes it to its database controller. */
interface FindOptions {
  /** Undefined with the master key, and for Parse Server's own reads. */
  readonly acl?: readonly string[];
  readonly sort?: object;
  /** `update` and `delete` read a row that no one receives. */
  readonly op?: string;
}

type Find = (
  className: string,
  query: ParseRow,
  options?: FindOptions,
  auth?: { readonly user?: HookUser },
  ...others: readonly unknown[]
) => Promise<unknown>;

/** The part of Parse Server's module `lib/Routers/SessionsRouter` that is used here. */
interface SessionsModule {
  readonly SessionsRouter: {
    readonly prototype: { handleMe(request: { readonly info?: { readonly sessionToken?: unknown } }): Promise<unknown> };
  };
}

/** A symbol on wrapped objects, so that copies of this package wrap them once (one by `import`, one by `require`). */
const HIDDEN = Symbol.for('parse-factors.session-tokens');
const TOKEN = 'sessionToken';
const OPERATION_FORBIDDEN = 119;
/** Operators that compare with a list of values. */
const LISTS: readonly string[] = ['$in', '$nin'];

/** The token of a request for its own session: Parse Server reads that without saying who asks. */
const ownToken = new AsyncLocalStorage<unknown>();

/**
 * Hides the tokens of a user's other sessions from each of their sessions. Otherwise a stolen session could read the token of the
 * session in which the owner proves themselves, and use that proof (session hijacking, CWE-200).
 *
 * A client still sees the token of the session that it uses, and compares with tokens that it knows.
 *
 * @param database a controller of the running server, if its modules cannot be found
 */
export function hideSessionTokens(database: object | undefined): void {
  for (const owner of controllersOf(database)) {
    if (Object.isExtensible(owner) && isFirstLook(owner, HIDDEN)) hideIn(owner as { find: Find });
  }
  for (const { SessionsRouter } of loadedModules(isSessionsModule)) {
    const { prototype } = SessionsRouter;
    if (!isFirstLook(prototype, HIDDEN)) continue;
    const { handleMe } = prototype;
    prototype.handleMe = function handleOwn(request) {
      return ownToken.run(request.info?.sessionToken, () => handleMe.call(this, request));
    };
  }
}

function hideIn(owner: { find: Find }): void {
  const { find } = owner;
  owner.find = function findHidden(this: object, className, query, options = {}, ...others) {
    const read = (): Promise<unknown> => find.call(this, className, query, options, ...others);
    const isByClient = options.acl !== undefined && options.op !== 'update' && options.op !== 'delete';
    if (className !== '_Session' || !isByClient) return read();
    const [auth] = others;
    return findAsClient(read, { query, options, known: [auth?.user?.getSessionToken?.(), ownToken.getStore()] });
  };
}

interface ClientRead {
  readonly query: ParseRow;
  readonly options: FindOptions;
  /** Tokens that the client has sent. */
  readonly known: readonly unknown[];
}

async function findAsClient(read: () => Promise<unknown>, { query, options, known }: ClientRead): Promise<unknown> {
  const named = tokensIn(query);
  // Comparing tokens, or sorting by them, would reveal them one character after another.
  if (named === undefined || Object.hasOwn(options.sort ?? {}, TOKEN))
    throw new (parseGlobal().Error)(OPERATION_FORBIDDEN, `Compare "${TOKEN}" with whole tokens only, and do not sort by it.`);
  const found = await read();
  const isKnown = (token: unknown): boolean => [...known, ...named].includes(token);
  return Array.isArray(found) ? found.map((row: ParseRow) => withoutToken(row, isKnown)) : found;
}

function withoutToken(row: ParseRow, isKnown: (token: unknown) => boolean): ParseRow {
  const { [TOKEN]: token, ...rest } = row;
  return token === undefined || isKnown(token) ? row : rest;
}

/** The tokens that a query compares with whole ones; undefined if it compares them otherwise. */
function tokensIn(query: unknown): readonly string[] | undefined {
  const found = Object.entries(asObject(query) ?? {}).map(([key, value]): readonly string[] | undefined => {
    if (Array.isArray(value)) return merged(value.map(tokensIn)); // `$or`, `$and`, `$nor`
    if (key.split('.')[0] !== TOKEN) return [];
    if (key !== TOKEN) return undefined;
    return typeof value === 'string' ? [value] : comparedIn(value);
  });
  return merged(found);
}

/** The tokens of a condition that compares whole ones, such as `{ $ne: "r:…" }`. */
function comparedIn(condition: unknown): readonly string[] | undefined {
  const parts = Object.entries(asObject(condition) ?? {}).map(([operator, value]): readonly string[] | undefined => {
    const tokens: unknown = operator === '$eq' || operator === '$ne' ? [value] : LISTS.includes(operator) ? value : undefined;
    return Array.isArray(tokens) && tokens.every((token): token is string => typeof token === 'string') ? tokens : undefined;
  });
  return parts.length === 0 ? undefined : merged(parts);
}

const merged = (parts: readonly (readonly string[] | undefined)[]): readonly string[] | undefined =>
  parts.reduce<readonly string[] | undefined>((all, part) => (all && part ? [...all, ...part] : undefined), []);

const isSessionsModule = (exported: unknown): exported is SessionsModule => {
  const router: unknown = asObject(exported)?.['SessionsRouter'];
  return typeof router === 'function' && typeof asObject(router.prototype)?.['handleMe'] === 'function';
};
