import { FactorError } from '../error/factor-error.js';
import type { FactorUser, RequestHeaders } from '../factor/context.js';
import type { ParseDatabase } from './database/parse-database.js';

/** The part of a Parse Server hook's request that is used here. */
export interface HookRequest {
  readonly object?: HookObject;
  readonly original?: HookObject;
  readonly user?: HookUser;
  readonly master?: boolean;
  readonly ip?: string;
  readonly installationId?: string;
  readonly isChallenge?: boolean;
  readonly config: HookConfig;
}

/** The part of `request.config` that is used here. */
export interface HookConfig {
  readonly appId: string;
  /**
   * Parse Server's version, such as `9.10.0`.
   *
   * @internal
   */
  readonly version?: string;
  /**
   * The providers of the option `auth`.
   *
   * @internal
   */
  readonly auth?: Readonly<Record<string, unknown>>;
  /**
   * May also be a function.
   *
   * @internal
   */
  readonly masterKey?: unknown;
  /** @internal */
  readonly readOnlyMasterKey?: unknown;
  /**
   * Whether a new password ends all sessions of the user.
   *
   * @internal
   */
  readonly revokeSessionOnPasswordReset?: boolean;
  /**
   * Whether Parse Server verifies `email`, or a function that decides.
   *
   * @internal
   */
  readonly verifyUserEmails?: unknown;
  /**
   * How Parse Server locks an account after wrong passwords.
   *
   * @internal
   */
  readonly accountLockout?: { readonly unlockOnPasswordReset?: boolean };
  readonly database: ParseDatabase;
  /** The headers of the HTTP request. */
  readonly headers?: RequestHeaders;
  /**
   * Sends the mails of Parse Server itself; none without an adapter.
   *
   * @internal
   */
  readonly userController?: {
    readonly adapter?: unknown;
    sendVerificationEmail?: (...given: readonly unknown[]) => Promise<unknown>;
  };
  /** @internal */
  readonly cacheController: { readonly user: ParseCache; readonly role: ParseCache };
  /** @internal */
  readonly authDataManager: {
    getValidatorForProvider(
      provider: string,
    ): { readonly validator?: ProviderValidator; readonly adapter?: { readonly policy?: unknown } } | undefined;
  };
}

/** The part of Parse Server's caches that is used here. */
export interface ParseCache {
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown): Promise<unknown>;
  del(key: string): Promise<unknown>;
}

/** The result of a provider's check. Its `validator`, if any, is the second half of the check. */
export type ProviderOutcome = { readonly validator?: () => unknown } | undefined;

/** Parse Server's own check of a provider's `authData`. */
export type ProviderValidator = (
  authData: unknown,
  request: { readonly auth: object },
  user: unknown,
  hookRequest: HookRequest,
) => Promise<ProviderOutcome>;

/** A `Parse.User`; a new one has no id yet. */
export interface HookObject {
  readonly id?: string;
  get(field: string): unknown;
  /** The pending operation of a field. For a value that is set, `_value` holds it. */
  op(field: string): object | undefined;
}

/** The user of the session that sends the request. */
export interface HookUser {
  readonly id: string;
  getSessionToken(): string | undefined;
}

interface ParseGlobal {
  readonly applicationId: string;
  readonly Error: new (code: number, message: string) => Error;
  readonly User: { fromJSON(json: object): FactorUser };
}

/**
 * Returns the server's own copy of the Parse SDK. Another copy's errors would lose their code in the reply, so none is
 * imported.
 */
export function parseGlobal(): ParseGlobal {
  const { Parse } = globalThis as unknown as { readonly Parse?: ParseGlobal };
  if (Parse === undefined) throw new FactorError('unavailable');
  return Parse;
}
