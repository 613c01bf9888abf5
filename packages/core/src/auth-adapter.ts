import { openEnrolment, type EnrolmentRecord, type OpenedEnrolment } from './enrolment-record.js';
import { FactorError } from './factor-error.js';
import { emitter, FactorRequest } from './factor-request.js';
import type { FactorRuntime } from './factor-runtime.js';
import type { Factor, FactorUser, Reply } from './factor.js';
import { answering } from './parse-fault.js';
import { fetchUser, parseGlobal, type HookRequest, type HookUser } from './parse-hooks.js';
import { asObject } from './payload.js';

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

const STATUS_ENABLED: Reply = Object.freeze({ status: 'enabled' });

/**
 * Turns a factor into the plain object of closures that Parse Server takes as an auth adapter.
 * The only place that knows its hooks: when they run, who is asking, and what has been proven.
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

class FactorHooks<Enrolment extends object> {
  readonly #key: string;
  readonly #factor: Factor<Enrolment>;
  readonly #runtime: FactorRuntime;
  /** `afterFind` is not told which application it runs for. */
  #appId: string | undefined;

  constructor(key: string, factor: Factor<Enrolment>, runtime: FactorRuntime) {
    this.#key = key;
    this.#factor = factor;
    this.#runtime = runtime;
  }

  /** Lets out nothing but the server's own errors, from our table or another provider. */
  guard<Result>(request: HookRequest, work: () => Promise<Result>): Promise<Result> {
    this.#appId = request.config.appId;
    return answering(emitter(this.#key, this.#runtime, request, request.original?.id ?? request.user?.id), work);
  }

  /** `POST /challenge`: by whoever has just proven a first factor, or by the user's own session. */
  async challenge(payload: unknown, request: HookRequest): Promise<Reply> {
    const { original: proven, user: session } = request;
    if (proven !== undefined && (payload === true || session?.id !== proven.id)) {
      if (payload !== true) throw new FactorError(asObject(payload) === undefined ? 'invalid_input' : 'session_required');
      const scope = this.#scope(request, asUser(proven));
      return this.#factor.challenge(scope.context, 'sign-in', scope.enrolment.enrolment);
    }
    if (session === undefined) throw new FactorError('session_required');
    return this.#challengeOwn(payload, this.#scope(request, await fetchUser(request.config, session.id), session));
  }

  /** Parse Server sees no factor set up: only a session of the user may set it up. */
  setUp(payload: unknown, request: HookRequest): Promise<HookResult> {
    if (request.user === undefined) throw new FactorError('session_required');
    return this.update(payload, request);
  }

  /** A login of an enrolled user. */
  async logIn(payload: unknown, request: HookRequest): Promise<HookResult> {
    // A second factor never says who somebody is.
    if (request.isChallenge === true || request.original === undefined) throw new FactorError('session_required');
    this.#refuseRemovals(request);
    await this.#proveFirst(request);
    const scope = this.#scope(request, asUser(request.original));
    const opened = scope.enrolment;
    await this.#factor.verify(scope.context, 'sign-in', payload, opened.enrolment);
    return keep(scope, opened);
  }

  /** The user's own session, the master key, or a login that carries either. */
  async update(payload: unknown, request: HookRequest): Promise<HookResult> {
    const { original, object, master, user } = request;
    if (master === true && user === undefined && original !== undefined) {
      // A login with the master key comes by here as well, and needs a right answer too.
      const isEcho = object?.get('password') === undefined && sameStrings(payload, this.#scope(request, asUser(original)).record);
      return isEcho ? { doNotSave: true } : this.logIn(payload, request);
    }
    // GraphQL and batches log in by here when they carry a session. Nothing tells that from a change of the password.
    if (object?.get('password') !== undefined) {
      throw new FactorError('invalid_input', { sentence: 'Log in without a session, or change the password by itself.' });
    }
    const scope = await this.#ownScope(request);
    return scope.record === undefined ? this.#setUp(payload, scope) : this.#answer(payload, scope);
  }

  async #setUp(payload: unknown, scope: FactorRequest<Enrolment>): Promise<HookResult> {
    if (scope.hasAnyFactor) await scope.requireFresh();
    return this.#enrol(payload, scope, 'enrolled');
  }

  async #answer(payload: unknown, scope: FactorRequest<Enrolment>): Promise<HookResult> {
    const opened = scope.enrolment;
    // SDKs send back what they were shown; that changes nothing.
    const shown = [this.#describe(opened.enrolment), STATUS_ENABLED, scope.record];
    if (shown.some((seen) => sameStrings(payload, seen))) return { doNotSave: true };

    const intent = await this.#factor.intent(payload, scope.context.user, opened.enrolment);
    if (intent === 'enrol') {
      await scope.requireFresh();
      return this.#enrol(payload, scope, 'replaced');
    }
    try {
      await this.#factor.verify(scope.context, 'fresh-proof', payload, opened.enrolment);
    } catch (error) {
      if (intent !== 'either' || !isWrongAnswer(error) || !(await scope.isFresh())) throw error;
      return this.#enrol(payload, scope, 'replaced');
    }
    const freshUntil = await scope.markFresh();
    return { ...keep(scope, opened), response: { status: 'verified', freshUntil: iso(freshUntil) } };
  }

  /** What a client sees of the factor. Synchronous; the master key sees the record as it is stored. */
  status(record: unknown, { master, user }: Omit<HookRequest, 'config'>): Reply | undefined {
    if (master === true) return undefined;
    try {
      // Only its owner's id opens a record, so others see no more than that there is one.
      const owner = { appId: this.#appId ?? parseGlobal().applicationId, userId: user?.id ?? '', key: this.#key };
      return this.#describe(openEnrolment<Enrolment>(this.#runtime.keyring, owner, record).enrolment);
    } catch {
      return STATUS_ENABLED;
    }
  }

  async #challengeOwn(payload: unknown, scope: FactorRequest<Enrolment>): Promise<Reply> {
    const enrolment = scope.findEnrolment()?.enrolment;
    const intent = await this.#factor.intent(payload, scope.context.user, enrolment);
    if (enrolment === undefined || intent === 'enrol' || (intent === 'either' && (await scope.isFresh()))) {
      if (scope.hasAnyFactor) await scope.requireFresh();
      return this.#factor.beginEnrolment(scope.context, payload, enrolment);
    }
    if (payload !== true) throw new FactorError('invalid_input', { sentence: 'Expected true.' });
    return this.#factor.challenge(scope.context, 'fresh-proof', enrolment);
  }

  async #enrol(payload: unknown, scope: FactorRequest<Enrolment>, type: 'enrolled' | 'replaced'): Promise<HookResult> {
    const enrolment = await this.#factor.confirmEnrolment(scope.context, payload);
    // Of several first factors at the same moment, one is the first; the others are beside it.
    if (!scope.hasAnyFactor && !(await scope.claimFirstFactor())) await scope.requireFresh();
    const save = scope.seal(enrolment);
    const freshUntil = await scope.markFresh(save);
    scope.context.emit({ type, purpose: 'enrolment' });
    return { save, response: { ...this.#describe(enrolment), freshUntil: iso(freshUntil) } };
  }

  /** On a login, `null` would unlink a factor past every trigger. */
  #refuseRemovals(request: HookRequest): void {
    const given = givenAuthData(request);
    if (this.#runtime.factorKeys.some((key) => given[key] === null)) {
      throw new FactorError('invalid_input', { sentence: 'A factor cannot be removed while logging in.' });
    }
  }

  /**
   * Parse Server checks the providers of a login in the order of their keys, so a factor may be
   * asked before a social provider that sorts behind it has proven anything. That one is asked
   * here first: knowing somebody's public social id must not be enough to use up his attempts.
   */
  async #proveFirst(request: HookRequest): Promise<void> {
    const given = givenAuthData(request);
    const isLater = (key: string): boolean => key > this.#key && !this.#runtime.factorKeys.includes(key) && given[key] !== null;
    for (const provider of Object.keys(given).filter(isLater)) {
      const validator = request.config.authDataManager.getValidatorForProvider(provider)?.validator;
      const auth = { user: request.user, isMaster: request.master === true };
      const result = await validator?.(given[provider], { auth }, request.original, request);
      await result?.validator?.();
    }
  }

  /** The one who asks is asking about himself, in a session of his own. The row is read anew: triggers may have changed it. */
  async #ownScope(request: HookRequest): Promise<FactorRequest<Enrolment>> {
    const { user: session, object, original } = request;
    if (session === undefined || object?.id !== session.id || original?.id !== session.id) {
      throw new FactorError('session_required');
    }
    return this.#scope(request, await fetchUser(request.config, session.id), session);
  }

  #scope(request: HookRequest, user: FactorUser, session?: HookUser): FactorRequest<Enrolment> {
    return new FactorRequest(this.#key, this.#runtime, request, user, session);
  }

  #describe(enrolment: Enrolment): Reply {
    return { ...STATUS_ENABLED, ...this.#factor.describe(enrolment) };
  }
}

/** The stored record stays, but one under an older key is sealed again. */
const keep = <Enrolment extends object>(scope: FactorRequest<Enrolment>, opened: OpenedEnrolment<Enrolment>): HookResult =>
  opened.isCurrent ? { doNotSave: true } : { save: scope.seal(opened.enrolment) };

/** A wrong answer to one question, which may still be the right one to another. */
const isWrongAnswer = (error: unknown): boolean =>
  error instanceof FactorError && ['code_rejected', 'code_expired', 'invalid_input'].includes(error.code);

const givenAuthData = (request: HookRequest): Readonly<Record<string, unknown>> =>
  asObject(request.object?.get('authData')) ?? {};

function sameStrings(payload: unknown, expected: unknown): boolean {
  const given = Object.entries(asObject(payload) ?? {});
  const wanted = asObject(expected) ?? {};
  const isWanted = ([name, value]: readonly [string, unknown]): boolean =>
    typeof value === 'string' && Object.hasOwn(wanted, name) && wanted[name] === value;
  return given.length > 0 && given.length === Object.keys(wanted).length && given.every(isWanted);
}

const iso = (time: number): string => new Date(time).toISOString();

const asUser = (object: { readonly id?: string; get(field: string): unknown }): FactorUser => {
  if (object.id === undefined) throw new FactorError('session_required');
  return object as FactorUser;
};
