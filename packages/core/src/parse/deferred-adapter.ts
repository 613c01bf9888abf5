import type { Reply } from '../factor/context.js';
import { FactorError } from '../error/factor-error.js';
import type { OtpStore } from '../store/otp-store.js';
import type { ParseAuthAdapter } from './auth-adapter.js';
import { ParseOtpStore } from './database/parse-otp-store.js';
import { withParseErrors } from './parse-errors.js';
import type { HookConfig, HookRequest } from './parse-types.js';

/** What a server tells of itself when it first asks a deferred adapter. */
export interface DeferredServer {
  /** The application's id. */
  readonly appId: string;
  /** The adapter's key in `auth`. */
  readonly key: string;
  /** The master key as it is now. */
  readonly masterKey: string;
  /** A store in the app's own database. */
  readonly store: OtpStore;
}

/** What a deferred adapter is made of. */
export interface DeferredAdapter {
  /** The adapter's key in `auth` where the server does not tell it. */
  readonly defaultKey: string;
  /** Makes the adapter for a server. It is called once for each application, key and master key. */
  readonly adapterFor: (server: DeferredServer) => Promise<ParseAuthAdapter>;
  /** Reads what the master key writes of a user; as it was sent by default. */
  readonly readProvided?: (payload: unknown) => unknown;
  /** What a client sees of a stored record, beside `status`. */
  readonly describe: (record: unknown) => Reply;
}

/** The part of a server's configuration that is used here. */
interface ServerConfig extends HookConfig {
  loadMasterKey(): Promise<string>;
}

/**
 * An auth adapter that is made when a server first asks: for factors that need to know the server's master key or their own
 * key in `auth`. It is a primary factor, which Parse Server asks for nothing besides.
 */
export function deferredAuthAdapter({ defaultKey, adapterFor, readProvided, describe }: DeferredAdapter): ParseAuthAdapter {
  const made = new Map<string, ParseAuthAdapter>();

  async function resolve({ config }: HookRequest): Promise<ParseAuthAdapter> {
    const { auth = {}, appId } = config;
    const key = Object.keys(auth).find((name) => auth[name] === adapter) ?? defaultKey;
    const masterKey = await (config as ServerConfig).loadMasterKey();
    const name = JSON.stringify([appId, key, masterKey]);
    const known = made.get(name) ?? (await adapterFor({ appId, key, masterKey, store: new ParseOtpStore(config.database) }));
    made.set(name, known);
    return known;
  }

  const ready = (request: HookRequest): Promise<ParseAuthAdapter> =>
    withParseErrors(
      () => undefined,
      () => resolve(request),
    );
  const provided = (payload: unknown, { master, user }: HookRequest): unknown =>
    master === true && user === undefined && readProvided !== undefined ? readProvided(payload) : payload;

  const adapter: ParseAuthAdapter = Object.freeze({
    policy: 'solo',
    challenge: async (payload, authData, options, request) =>
      (await ready(request)).challenge(payload, authData, options, request),
    validateAppId: async () => undefined,
    validateSetUp: async (payload, options, request) =>
      (await ready(request)).validateSetUp(provided(payload, request), options, request),
    validateLogin: async (payload, options, request) => (await ready(request)).validateLogin(payload, options, request),
    validateUpdate: async (payload, options, request) =>
      (await ready(request)).validateUpdate(provided(payload, request), options, request),
    afterFind: (record, _options, { master }) => (master === true ? undefined : { status: 'enabled', ...describe(record) }),
  } satisfies ParseAuthAdapter);
  return adapter;
}

/** What is passed to a Cloud job, as far as it is used here. */
interface JobRequest {
  readonly config?: unknown;
}

/**
 * The store in the app's own database that a Cloud job runs on.
 *
 * @throws FactorError `unavailable` where the request has no configuration of Parse Server
 */
export function storeOfJob({ config }: JobRequest): OtpStore {
  const { database } = (config ?? {}) as Partial<HookConfig>;
  if (database === undefined) throw new FactorError('unavailable');
  return new ParseOtpStore(database);
}
