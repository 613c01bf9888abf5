import { type EnrolmentRecord, isUnconfirmed } from '../account/enrolment-record.js';
import type { Reply } from '../factor/context.js';
import type { Factor } from '../factor/factor.js';
import { FactorHooks } from '../flows/factor-hooks.js';
import { UserFinder } from '../flows/look-up-user.js';
import type { FactorRuntime } from '../flows/runtime.js';
import { SignInHooks } from '../flows/sign-in-hooks.js';
import { assertNoTransaction } from './database/parse-table.js';
import type { HookRequest } from './parse-types.js';
import { runningServer } from './running-server.js';

/** What a hook tells Parse Server: exactly one of `save` and `doNotSave`. */
export type HookResult =
  { readonly save: EnrolmentRecord; readonly response?: Reply } | { readonly doNotSave: true; readonly response?: Reply };

/** A Parse Server auth adapter, as `auth` takes it. */
export interface ParseAuthAdapter {
  /** Never set; Parse Server's own type of an adapter knows no other property. */
  readonly enabled?: true;
  readonly policy: 'additional' | 'solo' | ((request: unknown, record: unknown) => 'additional' | 'default');
  readonly challenge: (challengeData: unknown, authData: unknown, options: unknown, request: HookRequest) => Promise<Reply>;
  readonly validateAppId: () => Promise<void>;
  readonly validateSetUp: (authData: unknown, options: unknown, request: HookRequest) => Promise<HookResult>;
  readonly validateLogin: (authData: unknown, options: unknown, request: HookRequest) => Promise<HookResult>;
  readonly validateUpdate: (authData: unknown, options: unknown, request: HookRequest) => Promise<HookResult>;
  readonly afterFind: (authData: unknown, options: unknown, request: Omit<HookRequest, 'config'>) => Reply | undefined;
  /**
   * Called on Parse Server's own copy of the adapter, each time it is loaded. In the place of a built-in provider it keeps
   * that one's own from being called, which would refuse this object.
   */
  readonly validateOptions?: (this: LoadedAdapter) => void;
}

/** Parse Server's copy of an adapter. */
interface LoadedAdapter {
  /** Runs before a user is looked up by the id of the payload. Parse Server copies it from no adapter. */
  beforeFind?: (authData: unknown) => Promise<void>;
}

/**
 * Turns a factor into the plain object of closures that Parse Server takes as an auth adapter.
 * Here and in `FactorHooks` is all that knows its hooks: when they run, who is asking, and
 * what has been proven.
 *
 * @param key the factor's key in `auth`
 */
export function toAuthAdapter<Enrolment extends object>(
  key: string,
  factor: Factor<Enrolment>,
  runtime: FactorRuntime,
): ParseAuthAdapter {
  const own = new FactorHooks(key, factor, runtime);
  const hooks = factor.signIn === undefined ? own : new SignInHooks(key, factor.signIn, runtime, own);
  const finder = factor.signIn?.find && new UserFinder(key, factor.signIn, runtime);
  const adapter: ParseAuthAdapter = Object.freeze({
    // With `default`, Parse Server would name the second factors of whoever has an id before anything
    // is proven. With `solo` it asks for none, and leaves them to the factor.
    policy: factor.signIn === undefined ? 'additional' : 'solo',
    ...(factor.inPlaceOf !== undefined && {
      policy: (_request: unknown, record: unknown) => (isUnconfirmed(record) ? 'default' : 'additional'),
      validateOptions: () => undefined,
    }),
    challenge: (payload, _authData, _options, request) =>
      own.guard(request, async () => {
        // Parse Server itself needs no other connection here; with any store, a factor looks users up.
        assertNoTransaction(request.config.database);
        return hooks.challenge(payload, request);
      }),
    validateAppId: async () => undefined,
    validateSetUp: (payload, _options, request) => own.guard(request, () => hooks.setUp(payload, request)),
    validateLogin: (payload, _options, request) => own.guard(request, () => hooks.logIn(payload, request)),
    validateUpdate: (payload, _options, request) => own.guard(request, () => hooks.update(payload, request)),
    afterFind: (record, _options, request) => own.status(record, request),
    ...(finder !== undefined && {
      validateOptions(this: LoadedAdapter) {
        this.beforeFind = (payload) => finder.find(payload, runningServer({ [key]: adapter }));
      },
    }),
  } satisfies ParseAuthAdapter);
  return adapter;
}
