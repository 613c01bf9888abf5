import type { EnrolmentRecord } from '../account/enrolment-record.js';
import { EnrolmentRecords } from '../account/enrolment-sealer.js';
import { FactorError } from '../error/factor-error.js';
import type { Reply } from '../factor/context.js';
import type { ProvenId, SignIn } from '../factor/primary-sign-in.js';
import type { HookResult } from '../parse/auth-adapter.js';
import { loginTrace } from '../parse/login-trace.js';
import { answering } from '../parse/parse-errors.js';
import type { HookObject, HookRequest } from '../parse/parse-types.js';
import { fetchUser } from '../parse/parse-user.js';
import { RequestWrites, type StagedSave } from '../parse/request-writes.js';
import { givenOf } from '../parse/sent-credentials.js';
import { asObject } from '../validation/json-object.js';
import { requestContext } from './factor-context.js';
import { UNCHANGED } from './factor-enrolment.js';
import type { FactorHooks } from './factor-hooks.js';
import { asUser, LoginRequest } from './login-request.js';
import type { FactorRuntime } from './runtime.js';
import { signInUsers } from './sign-in-users.js';
import { FactorRequest } from './user-factor.js';
import { checkId, proveFirst } from './verify-primary.js';

/** How many milliseconds a sign-up may take from its answer to its row. */
const SIGN_UP_MS = 10_000;

/**
 * What Parse Server's hooks do for a factor that signs in alone. With a session it is linked,
 * answered and changed as any other.
 */
export class SignInHooks<Enrolment extends object> {
  readonly #key: string;
  readonly #signIn: SignIn<Enrolment>;
  readonly #runtime: FactorRuntime;
  readonly #own: FactorHooks<Enrolment>;

  constructor(key: string, signIn: SignIn<Enrolment>, runtime: FactorRuntime, own: FactorHooks<Enrolment>) {
    this.#key = key;
    this.#signIn = signIn;
    this.#runtime = runtime;
    this.#own = own;
  }

  /** `POST /challenge`: a session links or answers; anybody else begins to sign in. */
  challenge(payload: unknown, request: HookRequest): Promise<Reply> {
    if (request.user !== undefined) return this.#own.challengeOwn(payload, request, request.user);
    const context = requestContext(this.#key, this.#runtime, request);
    return this.#signIn.begin(context, payload, signInUsers(this.#key, this.#runtime, request));
  }

  /** Nobody has the id: a sign-up, or a session that links it. */
  async setUp(payload: unknown, request: HookRequest): Promise<HookResult> {
    const { user, object, original, master } = request;
    if (master === true && user === undefined && isBareId(payload)) return this.#provide(payload, request);
    if (user !== undefined) {
      assertNotSigningIn(request);
      return this.#own.update(payload, request);
    }
    assertNoOther(request);
    const proven = (await proveFirst(request, this.#runtime)).ids.get(this.#key);
    // Somebody was found by another provider or his password: what is not his is not linked on the way in.
    if (original !== undefined || object?.id !== undefined) throw new FactorError('session_required');
    const given = givenOf(object).authData;
    const others = Object.keys(this.#runtime.factors).filter((key) => key !== this.#key && Object.hasOwn(given, key));
    if (others.length > 0) throw new FactorError('session_required');
    if (!this.#signIn.signUp || proven === undefined) throw new FactorError('code_rejected');
    return { save: this.#stageSignUp(proven, request) };
  }

  /**
   * The code is used when the account is stored, and stays good when Parse Server refuses the sign-up for another reason.
   * Until then the id is claimed, so that it opens one account only, even where the database would take it twice.
   */
  #stageSignUp(proven: ProvenId, request: HookRequest): EnrolmentRecord {
    const context = requestContext(this.#key, this.#runtime, request);
    const claimed = this.#signIn.subject(context, `sign-up ${proven.id}`);
    return this.#stage(proven.id, request, {
      before: async () => {
        if (!(await context.store.claim(claimed, context.clock() + SIGN_UP_MS))) throw new FactorError('code_rejected');
      },
      undo: () => context.store.forget(claimed),
      after: async () => {
        await proven.spend();
        context.emit({ type: 'enrolled', purpose: 'sign-in' });
      },
    });
  }

  /** Somebody has the id, or has logged in otherwise and gives it as well. */
  async logIn(payload: unknown, request: HookRequest): Promise<HookResult> {
    if (request.user !== undefined && request.user.id !== request.original?.id) return this.#linkTaken(payload, request);
    if (request.isChallenge === true) {
      if (this.#signIn.find !== undefined) throw new FactorError('session_required');
      // Says who somebody is; what is given here is still good for the login.
      const scope = new FactorRequest<Enrolment>(this.#key, this.#runtime, request, asUser(request.original));
      if (scope.record === undefined) throw new FactorError('not_enrolled');
      await checkId(this.#key, payload, request, this.#runtime);
      loginTrace(request).identifiedBy = this.#key;
      return UNCHANGED;
    }
    assertNoOther(request);
    const login = new LoginRequest(request, this.#runtime);
    await login.open(this.#key);
    if (this.#signIn.alone === false && login.enrolled.length === 0) throw new FactorError('enrolment_required');
    const scope = new FactorRequest<Enrolment>(this.#key, this.#runtime, request, login.user);
    await login.close(this.#key, scope.account);
    const opened = scope.enrolment;
    if (!opened.isCurrent) await scope.context.change((enrolment) => enrolment);
    return UNCHANGED;
  }

  /** The user's own session, or the master key. */
  async update(payload: unknown, request: HookRequest): Promise<HookResult> {
    const { master, user, original } = request;
    if (master !== true || user !== undefined || original === undefined) {
      assertNotSigningIn(request);
      return this.#own.update(payload, request);
    }
    if (isBareId(payload)) return this.#provide(payload, request);
    return this.#own.isEcho(payload, request) ? UNCHANGED : this.logIn(payload, request);
  }

  /** An id that another account has. Only who proves that it is his own learns so, and from Parse Server. */
  async #linkTaken(payload: unknown, request: HookRequest): Promise<HookResult> {
    const { user: session, object, config } = request;
    assertNotSigningIn(request);
    this.#own.assertNoPassword(request);
    if (session === undefined || object?.id !== session.id) throw new FactorError('session_required');
    const own = await fetchUser(config, session.id);
    // Nobody has linked it, so it is an answer like any other, and a wrong one.
    if (this.#signIn.find !== undefined) return this.#own.update(payload, { ...request, original: own as HookObject });
    const scope = new FactorRequest<Enrolment>(this.#key, this.#runtime, request, own, session);
    await this.#own.confirm(payload, scope);
    return UNCHANGED;
  }

  /** The master key says whose an id is. */
  #provide(payload: { readonly id: string }, request: HookRequest): HookResult {
    const { id } = payload;
    if (this.#signIn.find !== undefined) throw new FactorError('invalid_input', { sentence: 'There is nothing to link.' });
    if (this.#signIn.idOf(this.#signIn.enrolmentOf(id)) !== id) {
      throw new FactorError('invalid_input', { sentence: 'Field "id" must be in its one form.' });
    }
    const { emit } = requestContext(this.#key, this.#runtime, request, request.original?.id);
    const after = async (): Promise<void> => emit({ type: 'enrolled', purpose: 'enrolment', reason: 'administrator' });
    return { save: this.#stage(id, request, { after }) };
  }

  /** Stages the record of an id, for the user whom the request addresses or is about to create. */
  #stage(id: string, request: HookRequest, save: Pick<StagedSave, 'before' | 'undo' | 'after'>): EnrolmentRecord {
    const { config, original } = request;
    const owner = { appId: config.appId, userId: original?.id ?? '', key: this.#key };
    const records = new EnrolmentRecords(this.#runtime, owner, { signIn: this.#signIn });
    const record = records.seal(this.#signIn.enrolmentOf(id));
    const { emit } = requestContext(this.#key, this.#runtime, request, original?.id);
    const answer: StagedSave['answering'] = (work) => answering(emit, work);
    const plan = { decide: () => ({ [this.#key]: record }) };
    return RequestWrites.of(config).stage({ ...save, userId: owner.userId, plan, answering: answer }, record.id);
  }
}

/** A sign-in that carries a session would be a link to its user for Parse Server. */
function assertNotSigningIn({ object }: HookRequest): void {
  if (object?.id === undefined) throw new FactorError('invalid_input', { sentence: 'Log in without a session.' });
}

/** Without a session nobody changes a user; who the id belongs to is not looked at. */
function assertNoOther({ object, original }: HookRequest): void {
  if (object?.id !== undefined && object.id !== original?.id) throw new FactorError('session_required');
}

const isBareId = (payload: unknown): payload is { readonly id: string } => {
  const { id, ...others } = asObject(payload) ?? {};
  return typeof id === 'string' && Object.keys(others).length === 0;
};
