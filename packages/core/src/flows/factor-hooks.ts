import { isUnconfirmed } from '../account/enrolment-record.js';
import { EnrolmentRecords } from '../account/enrolment-sealer.js';
import { FactorError } from '../error/factor-error.js';
import { emitter } from '../events/event-dispatcher.js';
import type { FactorUser, Reply } from '../factor/context.js';
import type { Factor } from '../factor/factor.js';
import type { HookResult } from '../parse/auth-adapter.js';
import { loginTrace } from '../parse/login-trace.js';
import { answering } from '../parse/parse-errors.js';
import { type HookObject, type HookRequest, type HookUser, parseGlobal } from '../parse/parse-types.js';
import { authDataOf, fetchUser } from '../parse/parse-user.js';
import { ProviderChecks } from '../parse/provider-checks.js';
import { RequestWrites } from '../parse/request-writes.js';
import { type Given, givenOf } from '../parse/sent-credentials.js';
import { asObject, sameStrings } from '../validation/json-object.js';
import { namesUser } from '../validation/payload.js';
import { FactorAnswers } from './factor-answers.js';
import { type AskedRequest, requestContext } from './factor-context.js';
import { FactorEnrolment, STATUS_DISABLED, STATUS_ENABLED, UNCHANGED } from './factor-enrolment.js';
import { assertLinksAlone } from './links-alone.js';
import { asUser, LoginRequest } from './login-request.js';
import { primaryOfChallenge, primaryOfLogin } from './primary-factor.js';
import type { FactorRuntime } from './runtime.js';
import { quietly } from './uniform-errors.js';
import { FactorRequest } from './user-factor.js';
import { checkAlone, proveFirst } from './verify-primary.js';

/** What Parse Server's hooks do for one factor. */
export class FactorHooks<Enrolment extends object> {
  readonly #key: string;
  readonly #factor: Factor<Enrolment>;
  readonly #runtime: FactorRuntime;
  readonly #enrolment: FactorEnrolment<Enrolment>;
  readonly #answers: FactorAnswers<Enrolment>;
  /** `afterFind` is not told which application it runs for. */
  #appId: string | undefined;

  constructor(key: string, factor: Factor<Enrolment>, runtime: FactorRuntime) {
    this.#key = key;
    this.#factor = factor;
    this.#runtime = runtime;
    this.#enrolment = new FactorEnrolment(key, factor);
    this.#answers = new FactorAnswers(key, factor, this.#enrolment);
  }

  /** Lets out nothing but the server's own errors, from our table or another provider. */
  guard<Result>(request: HookRequest, work: () => Promise<Result>): Promise<Result> {
    this.#appId = request.config.appId;
    ProviderChecks.of(request.config);
    return answering(emitter(this.#key, this.#runtime, request, request.original?.id ?? request.user?.id), async () => {
      givenOf(request.object); // nothing is looked at before what was sent is unambiguous
      return quietly(request, this.#runtime, async () => {
        await assertLinksAlone(request, this.#runtime);
        return work();
      });
    });
  }

  /** `POST /challenge`: by whoever has just proven a first factor, by the user's own session, or to sign in alone. */
  async challenge(payload: unknown, request: HookRequest): Promise<Reply> {
    const { original: proven, user: session } = request;
    if (proven !== undefined && (payload === true || session?.id !== proven.id)) {
      const primary = await primaryOfChallenge(request, asUser(proven), this.#runtime);
      const scope = this.#scope({ ...request, primary }, asUser(proven));
      if (isShow(payload)) return this.#enrolment.show(scope.enrolment.enrolment);
      if (scope.record === undefined && (await this.#mayEnrolAtLogin(request, proven))) return this.#challengeNew(payload, scope);
      if (payload !== true) throw new FactorError(asObject(payload) === undefined ? 'invalid_input' : 'session_required');
      return this.#factor.challenge(scope.context, 'sign-in', scope.enrolment.enrolment);
    }
    if (session !== undefined) return this.challengeOwn(payload, request, session);
    const { alone } = this.#factor;
    if (alone === undefined) throw new FactorError('session_required');
    return alone.begin(requestContext(this.#key, this.#runtime, request), payload);
  }

  /** Parse Server sees no factor set up: a session of the user may set it up, or a login that has to. */
  async setUp(payload: unknown, request: HookRequest): Promise<HookResult> {
    if (request.user !== undefined) return this.update(payload, request);
    await proveFirst(request, this.#runtime);
    if (request.original === undefined || !(await this.#mayEnrolAtLogin(request, request.original)))
      throw new FactorError('session_required');
    const login = new LoginRequest(request, this.#runtime);
    await login.open(this.#key);
    const scope = this.#scope(this.#loggingIn(request), login.user);
    const { record, response } = await this.#enrolment.enrolAtLogin(payload, scope);
    loginTrace(request).enrolled[this.#key] = record;
    await login.close(this.#key, scope.account);
    return { ...UNCHANGED, response };
  }

  /** A login of an enrolled user. */
  async logIn(payload: unknown, request: HookRequest): Promise<HookResult> {
    if (request.isChallenge === true && namesUser(payload)) {
      // Says who somebody is; what is given here is still good for the login.
      await checkAlone(this.#key, payload, request, this.#runtime);
      loginTrace(request).identifiedBy = this.#key;
      return UNCHANGED;
    }
    const login = new LoginRequest(request, this.#runtime);
    const scope = this.#scope(this.#loggingIn(request), login.user);
    // Parse Server takes what was never confirmed for a factor.
    if (scope.record === undefined) return this.setUp(payload, request);
    await login.open(this.#key);
    const opened = scope.enrolment;
    const isProven = loginTrace(request).proven.alone.has(this.#key);
    const response = isProven ? undefined : await this.#factor.verify(scope.context, 'sign-in', payload, opened.enrolment);
    const { answered, stoodIn } = loginTrace(request);
    (this.#answers.isStandIn(payload) ? stoodIn : answered).push(this.#key);
    await this.#answers.sealAnew(scope, opened);
    await login.close(this.#key, scope.account);
    return { ...UNCHANGED, ...(response && { response }) };
  }

  /** The user's own session, the master key, or a login that carries either. */
  async update(payload: unknown, request: HookRequest): Promise<HookResult> {
    const { original, master, user } = request;
    if (master === true && user === undefined && original !== undefined) {
      // A login with the master key comes by here as well, and needs a right answer too.
      return this.isEcho(payload, request) ? UNCHANGED : this.logIn(payload, request);
    }
    const { authData } = this.assertNoPassword(request);
    const scope = await this.#ownScope(request);
    // SDKs send along what they signed in with. A proof comes by itself.
    const { id } = asObject(scope.record) ?? {};
    const isOwn = id !== undefined && asObject(payload)?.['id'] === id;
    if (isOwn && (this.#factor.signIn === undefined || Object.keys(authData).length > 1)) {
      // An attempt was counted to find him by it.
      if (this.#factor.signIn?.find !== undefined)
        await this.#factor.verify(scope.context, 'fresh-proof', payload, scope.enrolment.enrolment);
      return UNCHANGED;
    }
    if (scope.record === undefined && sameStrings(payload, STATUS_DISABLED)) return UNCHANGED;
    const result = await (scope.record === undefined
      ? this.#enrolment.enrol(payload, scope, 'enrolled')
      : this.#answers.answer(payload, scope));
    if ('save' in result) loginTrace(request).staged[this.#key] = result.save;
    return result;
  }

  /** GraphQL and batches log in with a session by the hooks of an update. Nothing tells that from a change of the password. */
  assertNoPassword({ object }: HookRequest): Given {
    const given = givenOf(object);
    if (!given.hasPassword) return given;
    throw new FactorError('invalid_input', { sentence: 'Log in without a session, or change the password by itself.' });
  }

  /** What a client sees of the factor. Synchronous; the master key sees the record as it is stored. */
  status(record: unknown, { master, user }: Omit<HookRequest, 'config'>): Reply | undefined {
    if (master === true) return undefined;
    if (isUnconfirmed(record)) return STATUS_DISABLED;
    try {
      // Only its owner's id opens a record, so others see no more than that there is one.
      const owner = { appId: this.#appId ?? parseGlobal().applicationId, userId: user?.id ?? '', key: this.#key };
      const records = new EnrolmentRecords(this.#runtime, owner, this.#factor);
      return this.#enrolment.describe(records.open(record).enrolment);
    } catch {
      return STATUS_ENABLED;
    }
  }

  /** `POST /challenge` by the user's own session. */
  async challengeOwn(payload: unknown, request: HookRequest, session: HookUser): Promise<Reply> {
    const scope = this.#scope(request, await fetchUser(request.config, session.id), session);
    const enrolment = scope.findEnrolment()?.enrolment;
    const intent = await this.#factor.intent(payload, scope.context.user, enrolment);
    if (enrolment === undefined || intent === 'enrol' || (intent === 'either' && (await scope.account.isFresh()))) {
      await scope.account.requireProofToEnrol(this.#key);
      return this.#factor.beginEnrolment(scope.context, payload, enrolment);
    }
    const isAsked = payload === true || asObject(payload)?.['purpose'] === 'fresh-proof';
    if (!isAsked) throw new FactorError('invalid_input', { sentence: 'Expected true.' });
    return this.#factor.challenge(scope.context, 'fresh-proof', enrolment);
  }

  /**
   * A first factor, and a policy that demands a second one: it is begun, and confirmed as well. A
   * social login cannot confirm it in one step, as its triggers run before its factors are looked at.
   */
  async #challengeNew(payload: unknown, scope: FactorRequest<Enrolment>): Promise<Reply> {
    const given = asObject(payload) ?? {};
    const isAnswer = typeof payload === 'string' || Object.hasOwn(given, 'code') || Object.hasOwn(given, 'credential');
    if (!isAnswer) {
      await this.#factor.intent(payload, scope.context.user, undefined);
      return this.#factor.beginEnrolment(scope.context, payload, undefined);
    }
    if (scope.account.hasSecondFactor) throw new FactorError('session_required');
    const { record, response } = await this.#enrolment.enrolAtLogin(payload, scope);
    await scope.account.storeEnrolled({ [this.#key]: record });
    return response;
  }

  /** Confirms what the user's session has begun to set up; nothing is stored. */
  confirm(payload: unknown, scope: FactorRequest<Enrolment>): Promise<Enrolment> {
    return this.#enrolment.confirm(payload, scope);
  }

  /** Whether the master key sends back what is stored. */
  isEcho(payload: unknown, request: HookRequest): boolean {
    const { original, object } = request;
    return (
      original !== undefined &&
      !givenOf(object).hasPassword &&
      sameStrings(payload, this.#scope(request, asUser(original)).record)
    );
  }

  /** Whoever has proven a first factor sets up what a policy demands, and nothing else. */
  async #mayEnrolAtLogin(request: HookRequest, proven: HookObject): Promise<boolean> {
    // With the master key, a login cannot be told from an administrator's change of the user.
    if (this.#factor.standIn !== undefined || request.master === true) return false;
    const login = new LoginRequest({ ...request, original: proven, isChallenge: false }, this.#runtime);
    return login.demandsEnrolment();
  }

  /**
   * The one who asks is asking about himself, in a session of his own. The row is read anew: triggers may have changed it.
   * What the same save has staged counts as stored.
   */
  async #ownScope(request: HookRequest): Promise<FactorRequest<Enrolment>> {
    const { user: session, object, original } = request;
    if (session === undefined || object?.id !== session.id || original?.id !== session.id) {
      throw new FactorError('session_required');
    }
    const user = await fetchUser(request.config, session.id);
    const { staged } = loginTrace(request);
    const authData = RequestWrites.of(request.config).preview(user.id, staged, authDataOf(user));
    const get = (field: string): unknown => (field === 'authData' ? authData : user.get(field));
    return this.#scope(request, Object.keys(staged).length === 0 ? user : { id: user.id, get }, session);
  }

  #loggingIn(request: HookRequest): AskedRequest {
    return { ...request, primary: primaryOfLogin(request, this.#runtime) };
  }

  #scope(request: AskedRequest, user: FactorUser, session?: HookUser): FactorRequest<Enrolment> {
    return new FactorRequest(this.#key, this.#runtime, request, user, session);
  }
}

/** Where codes go, asked before any is sent. */
const isShow = (payload: unknown): boolean => sameStrings(payload, { show: 'status' });
