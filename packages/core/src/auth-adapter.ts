import type { EnrolmentRecord } from './enrolment-record.js';
import { FactorHooks } from './factor-hooks.js';
import type { FactorRuntime } from './factor-runtime.js';
import type { Factor, Reply } from './factor.js';
import type { HookRequest } from './parse-hooks.js';

/** What a hook tells Parse Server: exactly one of `save` and `doNotSave`. */
export type HookResult =
  { readonly save: EnrolmentRecord; readonly response?: Reply } | { readonly doNotSave: true; readonly response?: Reply };

/** A Parse Server auth adapter, as `auth` takes it. */
export interface ParseAuthAdapter {
  /** Never set; Parse Server's own type of an adapter knows no other property. */
  readonly enabled?: true;
  readonly policy: 'additional';
  readonly challenge: (challengeData: unknown, authData: unknown, options: unknown, request: HookRequest) => Promise<Reply>;
  readonly validateAppId: () => Promise<void>;
  readonly validateSetUp: (authData: unknown, options: unknown, request: HookRequest) => Promise<HookResult>;
  readonly validateLogin: (authData: unknown, options: unknown, request: HookRequest) => Promise<HookResult>;
  readonly validateUpdate: (authData: unknown, options: unknown, request: HookRequest) => Promise<HookResult>;
  readonly afterFind: (authData: unknown, options: unknown, request: Omit<HookRequest, 'config'>) => Reply | undefined;
}

/**
 * Turns a factor into the plain object of closures that Parse Server takes as an auth adapter.
 * Here and in {@link FactorHooks} is all that knows its hooks: when they run, who is asking, and
 * what has been proven.
 *
 * @param key the factor's key in `auth`
 */
export function toAuthAdapter<Enrolment extends object>(
  key: string,
  factor: Factor<Enrolment>,
  runtime: FactorRuntime,
): ParseAuthAdapter {
  const hooks = new FactorHooks(key, factor, runtime);
  return Object.freeze({
    policy: 'additional',
    challenge: (payload, _authData, _options, request) => hooks.guard(request, () => hooks.challenge(payload, request)),
    validateAppId: async () => undefined,
    validateSetUp: (payload, _options, request) => hooks.guard(request, () => hooks.setUp(payload, request)),
    validateLogin: (payload, _options, request) => hooks.guard(request, () => hooks.logIn(payload, request)),
    validateUpdate: (payload, _options, request) => hooks.guard(request, () => hooks.update(payload, request)),
    afterFind: (record, _options, request) => hooks.status(record, request),
  } satisfies ParseAuthAdapter);
}
