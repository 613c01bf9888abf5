import { FactorError } from '../error/factor-error.js';
import type { Reply } from '../factor/context.js';
import type { OtpStore } from '../store/otp-store.js';
import type { ParseAuthAdapter } from './auth-adapter.js';
import { ParseOtpStore } from './database/parse-otp-store.js';
import { withParseErrors } from './parse-errors.js';
import type { HookConfig, HookRequest } from './parse-types.js';

/** What a deferred adapter learns about its server at the first request. */
export interface DeferredServer {
  /** The application's id. */
  readonly appId: string;
  /** The adapter's key in `auth`. */
  readonly key: string;
  /** The current master key. */
  readonly masterKey: string;
  /** A store in the app's own database. */
  readonly store: OtpStore;
}

/** The parts of a deferred adapter. */
export interface DeferredAdapter {
  /** The adapter's key in `auth`, used when the server does not provide it. */
  readonly defaultKey: string;
  /** Creates the adapter for a server. It is called once for each application, key and master key. */
  readonly adapterFor: (server: DeferredServer) => Promise<ParseAuthAdapter>;
  /** Reads a payload that the master key writes for a user; unchanged by default. */
  readonly readProvided?: (payload: unknown) => unknown;
  /** Returns what a client sees of a stored record, beside `status`. */
  readonly describe: (record: unknown) => Reply;
}

/** The part of a server's configuration that is used here. */
interface ServerConfig extends HookConfig {
  loadMasterKey(): Promise<string>;
}

/**
 * Creates an auth adapter whose factor is created at the first request. It is for factors that need the server's master key or
 * their own key in `auth`.
 *
 * It is a primary factor with policy `solo`: Parse Server asks for no second factor beside it.
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

/** The part of a Cloud job's request that is used here. */
interface JobRequest {
  readonly config?: unknown;
}

/**
 * Returns the store in the app's own database for a Cloud job.
 *
 * @throws FactorError `unavailable` when the request has no configuration of Parse Server
 */
export function storeOfJob({ config }: JobRequest): OtpStore {
  const { database } = (config ?? {}) as Partial<HookConfig>;
  if (database === undefined) throw new FactorError('unavailable');
  return new ParseOtpStore(database);
}
