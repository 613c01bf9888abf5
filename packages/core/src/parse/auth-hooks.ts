import type { Composed } from '../account/factor-roles.js';
import type { AccountState, Session } from '../account/ports.js';
import type { SentCredentials } from '../account/sent-credentials.js';
import { FactorError } from '../error/factor-error.js';
import { emitter } from '../events/event-dispatcher.js';
import type { Reply } from '../factor/context.js';
import { answerRequest } from '../flows/answer-request.js';
import type { AuthRequest, FactorReply, OtherProviders } from '../flows/auth-request.js';
import { challenge } from '../flows/challenge.js';
import { statusOf } from '../flows/show-status.js';
import { isLookUp, lookUpUser } from '../flows/sign-in/look-up-user.js';
import { withUniformErrors } from '../flows/sign-in/uniform-errors.js';
import type { Bridge } from './bridge.js';
import { classify, classifyChallenge } from './classify-request.js';
import { asServerError, isServerError, withParseErrors } from './parse-errors.js';
import { type HookConfig, type HookRequest, parseGlobal } from './parse-types.js';
import { ProviderChecks } from './provider-checks.js';
import { warnOfProxy } from './proxy-warning.js';
import { isSigningIn, progressOf } from './request-scope.js';
import { readSentCredentials } from './sent-credentials.js';
import { bridged, type BridgedRequest } from './server/server.js';
import { accountOf } from './server/user-rows.js';
import { watchVerificationMails } from './verification-mails.js';
import { RequestWrites } from './writes/request-writes.js';

/** Parse Server's hooks for one factor. Each translates its request into the form that flows handle, and passes it on. */
export class AuthHooks {
  readonly #key: string;
  readonly #bridge: Bridge;
  /** The last application id seen; `afterFind` does not receive it. */
  #appId: string | undefined;

  /** @param key the factor's key in `auth` */
  constructor(key: string, bridge: Bridge) {
    this.#key = key;
    this.#bridge = bridge;
  }

  /** Handles what was sent for the factor in a login, a sign-up or a save. */
  validate(payload: unknown, request: HookRequest): Promise<FactorReply> {
    return this.#handle(request, async (asked, sent) => {
      const { runtime } = this.#bridge;
      const session = sessionOf(request);
      const account = request.original === undefined ? undefined : accountOf(request.original);
      const isAdministrator = request.master === true && session === undefined;
      const kind = classify({
        isChallenge: request.isChallenge === true,
        session: session?.userId,
        isAdministrator,
        addressed: request.object?.id,
        found: account?.id,
        hasPassword: sent.hasPassword,
      });
      const others = otherProviders(request, runtime);
      const progress = progressOf(request, runtime);
      const proven = { session, isAdministrator, account };
      const auth: AuthRequest = { ...asked, runtime, kind, ...proven, sent, others, progress };
      return answerRequest(this.#key, payload, auth);
    });
  }

  /** Handles `POST /challenge` for the factor. */
  challenge(payload: unknown, request: HookRequest): Promise<Reply> {
    return this.#handle(request, async (asked) => {
      // Parse Server itself needs no second connection here, but a factor that looks users up does, with any store.
      asked.server.assertNoTransaction();
      const { runtime } = this.#bridge;
      const session = sessionOf(request);
      const account: AccountState | undefined = request.original === undefined ? undefined : accountOf(request.original);
      return challenge(this.#key, payload, {
        ...asked,
        runtime,
        kind: classifyChallenge({ session: session?.userId, found: account?.id, isPlain: payload === true }),
        session,
        account,
        // Parse Server removes the password's hash only from a row whose password it has compared.
        mayBeByPassword: request.original?.get('password') === undefined,
        progress: progressOf(request, runtime),
      });
    });
  }

  /**
   * Replaces a look-up payload by an id and a ticket, before Parse Server looks for the user. So nothing after it sees, stores
   * or logs what was sent. Parse Server does not pass the request here.
   *
   * @param config the server's configuration; undefined when it is unknown
   */
  async find(payload: unknown, config: HookConfig | undefined): Promise<void> {
    if (!isLookUp(payload)) return;
    const asked = config && bridged(this.#bridge, { config });
    const emit = asked === undefined ? () => undefined : emitter(this.#key, this.#bridge.runtime, asked, undefined);
    await withParseErrors(emit, async () => {
      if (asked === undefined) throw new FactorError('unavailable');
      const found = await lookUpUser(this.#key, this.#bridge.runtime, asked, payload);
      const target = payload as Record<string, unknown>;
      for (const name of Object.keys(target)) delete target[name];
      Object.assign(target, found);
    });
  }

  /** Returns what a client sees of the factor on a user object. The master key sees the stored record. */
  status(record: unknown, { master, user }: Omit<HookRequest, 'config'>): Reply | undefined {
    const { runtime } = this.#bridge;
    const factor = runtime.factors[this.#key];
    if (master === true || factor === undefined) return undefined;
    const appId = this.#appId ?? parseGlobal().applicationId;
    return statusOf(factor, runtime, { appId, userId: user?.id ?? '', key: this.#key }, record);
  }

  #handle<Result>(
    request: HookRequest,
    work: (asked: BridgedRequest, sent: SentCredentials) => Promise<Result>,
  ): Promise<Result> {
    const { runtime } = this.#bridge;
    this.#appId = request.config.appId;
    ProviderChecks.intercept(request.config);
    RequestWrites.watch(request.config);
    const asked = bridged(this.#bridge, request);
    watchVerificationMails(request.config, runtime);
    const emit = emitter(this.#key, runtime, asked, request.original?.id ?? request.user?.id);
    return withParseErrors(emit, async () => {
      const sent = readSentCredentials(request.object); // ambiguous input is refused before anything else
      warnOfProxy(runtime, asked.server, asked.client, request.config);
      return withUniformErrors(sent, runtime, () => work(asked, sent), isServerError);
    });
  }
}

/** Returns the session of the request; undefined without one. */
function sessionOf({ user }: HookRequest): Session | undefined {
  if (user === undefined) return undefined;
  const token = user.getSessionToken();
  if (token === undefined) throw new FactorError('session_required');
  return { userId: user.id, token };
}

function otherProviders(request: HookRequest, set: Composed): OtherProviders {
  const { config, user, master, ip } = request;
  const checks = ProviderChecks.of(config);
  return {
    async verify(provider, payload) {
      if (isSigningIn(request, set, provider)) return true;
      return checks.run(provider, payload, request).catch((fault: unknown) => {
        throw asServerError(fault);
      });
    },
    isSecondFactor(provider, record) {
      const adapter = config.authDataManager.getValidatorForProvider(provider)?.adapter;
      const policy: unknown = adapter?.policy;
      const asked: unknown =
        typeof policy === 'function' ? policy.call(adapter, { ip, user, master: master === true }, record) : policy;
      return asked === 'additional';
    },
  };
}
