import { type EnrolmentRecord, isUnconfirmed } from '../account/records/enrolment-record.js';
import type { Reply } from '../factor/context.js';
import { identityOf } from '../factor/primary-sign-in.js';
import type { FactorReply } from '../flows/auth-request.js';
import { AuthHooks } from './auth-hooks.js';
import type { Bridge } from './bridge.js';
import type { HookRequest } from './parse-types.js';
import { runningServer } from './server/running-server.js';

/** The result of a hook for Parse Server: exactly one of `save` and `doNotSave`. */
export type HookResult =
  { readonly save: EnrolmentRecord; readonly response?: Reply } | { readonly doNotSave: true; readonly response?: Reply };

/** A Parse Server auth adapter, as `auth` takes it. */
export interface ParseAuthAdapter {
  /** Never set. It only makes the type fit Parse Server's own type of an adapter. */
  readonly enabled?: true;
  readonly policy: 'additional' | 'solo' | ((request: unknown, record: unknown) => 'additional' | 'default');
  readonly challenge: (challengeData: unknown, authData: unknown, options: unknown, request: HookRequest) => Promise<Reply>;
  readonly validateAppId: () => Promise<void>;
  readonly validateSetUp: (authData: unknown, options: unknown, request: HookRequest) => Promise<HookResult>;
  readonly validateLogin: (authData: unknown, options: unknown, request: HookRequest) => Promise<HookResult>;
  readonly validateUpdate: (authData: unknown, options: unknown, request: HookRequest) => Promise<HookResult>;
  readonly afterFind: (authData: unknown, options: unknown, request: Omit<HookRequest, 'config'>) => Reply | undefined;
  /**
   * Called on Parse Server's own copy of the adapter, each time it is loaded. In a built-in replacement, it overrides the
   * built-in adapter's method, which would refuse this object.
   */
  readonly validateOptions?: (this: LoadedAdapter) => void;
}

/** Parse Server's copy of an adapter. */
interface LoadedAdapter {
  /**
   * Runs before Parse Server looks a user up by the id of the payload. Parse Server does not copy it from an adapter, so it is
   * set on the copy.
   */
  beforeFind?: (authData: unknown) => Promise<void>;
}

/**
 * Turns a factor into an auth adapter: the plain object of functions that Parse Server expects.
 *
 * @param key the factor's key in `auth`
 */
export function toAuthAdapter(key: string, bridge: Bridge): ParseAuthAdapter {
  const factor = bridge.runtime.factors[key];
  const primary = identityOf(factor);
  const hooks = new AuthHooks(key, bridge);
  const validate = async (payload: unknown, _options: unknown, request: HookRequest): Promise<HookResult> =>
    toHookResult(await hooks.validate(payload, request));
  const adapter: ParseAuthAdapter = Object.freeze({
    // With `default`, Parse Server would name the user's second factors before anything is proven (user enumeration, CWE-204).
    // With `solo` it asks for none, and the factor does so itself.
    policy: primary === undefined ? 'additional' : 'solo',
    ...(factor?.replaces !== undefined && {
      policy: (_request: unknown, record: unknown) => (isUnconfirmed(record) ? 'default' : 'additional'),
      validateOptions: () => undefined,
    }),
    challenge: (payload, _authData, _options, request) => hooks.challenge(payload, request),
    validateAppId: async () => undefined,
    validateSetUp: validate,
    validateLogin: validate,
    validateUpdate: validate,
    afterFind: (record, _options, request) => hooks.status(record, request),
    ...(primary?.lookUp !== undefined && {
      validateOptions(this: LoadedAdapter) {
        this.beforeFind = (payload) => hooks.find(payload, runningServer({ [key]: adapter }));
      },
    }),
  } satisfies ParseAuthAdapter);
  return adapter;
}

function toHookResult({ save, response }: FactorReply): HookResult {
  const reply = response === undefined ? {} : { response };
  return save === undefined ? { doNotSave: true, ...reply } : { save, ...reply };
}
