import { Freshness, type FreshnessOptions } from '../account/step-up-proofs.js';
import { FactorError } from '../error/factor-error.js';
import { emitter } from '../events/event-dispatcher.js';
import { Account, proofAccount } from '../flows/account.js';
import { asUser } from '../flows/login-request.js';
import { rememberLogin } from '../flows/remember-login.js';
import type { FactorRuntime } from '../flows/runtime.js';
import { FactorRequest } from '../flows/user-factor.js';
import { type CloudRequest, type SaveRequest, sessionOf, sessionOwner, type TriggerRequest } from './cloud-request.js';
import { LoginGuard } from './login-guard.js';
import { answering } from './parse-errors.js';
import { authDataOf, fetchUser } from './parse-user.js';
import { SaveGuard } from './save-guard.js';

/** The triggers of `_User` that guard the factors, and the check that application code asks for. */
export class FactorGuard {
  readonly #runtime: FactorRuntime;
  readonly #saves: SaveGuard;
  readonly #logins: LoginGuard;

  constructor(runtime: FactorRuntime) {
    this.#runtime = runtime;
    this.#saves = new SaveGuard(runtime);
    this.#logins = new LoginGuard(runtime);
  }

  /** Passes if the session is fresh; one statement, and one more where it depends on what the user has set up. */
  requireFresh(request: CloudRequest, options: FreshnessOptions = {}): Promise<void> {
    const { config } = request;
    return this.#answering(request, request.user?.id, async () => {
      const owner = sessionOwner(request);
      const authData = async () => authDataOf(await fetchUser(config, owner.userId));
      const freshness = new Freshness(this.#runtime.storeFor(config), this.#runtime.clock);
      const proof = await freshness.find(owner, proofAccount(this.#runtime, authData, 'application'), options);
      if (proof === undefined) throw new FactorError('fresh_proof_required');
    });
  }

  /** Before a `_User` is saved; see {@link SaveGuard}. */
  beforeSave(request: SaveRequest): Promise<void> {
    return this.#saves.check(request);
  }

  /** Before a login; see {@link LoginGuard}. */
  beforeLogin(request: TriggerRequest): Promise<void> {
    return this.#logins.check(request);
  }

  /** After a login: remembers for a while that its session was opened with a factor, or with what stood in for one. */
  afterLogin(request: TriggerRequest): Promise<void> {
    const { object } = request;
    const work = () => rememberLogin(this.#runtime, request, asUser(object).id, () => sessionOwner(request));
    return this.#answering(request, object.id, work);
  }

  /** After a `_User` was deleted: removes all that the store holds of that user. */
  afterDelete(request: TriggerRequest): Promise<void> {
    const { id } = request.object;
    if (id === undefined) return Promise.resolve();
    return this.#answering(request, id, async () => {
      const user = asUser(request.object);
      for (const key of Object.keys(this.#runtime.factors)) await new FactorRequest(key, this.#runtime, request, user).forget();
      await new Account(this.#runtime, request, user, sessionOf(request, id)).endProofs();
    });
  }

  #answering<Result>(request: CloudRequest, userId: string | undefined, work: () => Promise<Result>): Promise<Result> {
    return answering(emitter('', this.#runtime, request, userId), work);
  }
}
