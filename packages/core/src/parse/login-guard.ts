import { firstFactors, secondFactors, storedAmong } from '../account/factor-roles.js';
import type { SessionOwner } from '../account/step-up-proofs.js';
import { FactorError } from '../error/factor-error.js';
import { emitter } from '../events/event-dispatcher.js';
import type { FactorUser } from '../factor/context.js';
import { changeSince } from '../flows/changed-meanwhile.js';
import { asUser } from '../flows/login-request.js';
import { rememberLogin } from '../flows/remember-login.js';
import type { FactorRuntime } from '../flows/runtime.js';
import { FactorRequest } from '../flows/user-factor.js';
import { asObject } from '../validation/json-object.js';
import type { CloudRequest, TriggerRequest } from './cloud-request.js';
import { assertNoTransaction } from './database/parse-table.js';
import { traceOf } from './login-trace.js';
import { answering } from './parse-errors.js';
import { authDataOf, endSession, hasOnly, roleNames } from './parse-user.js';
import { type LoginReply, ProviderChecks } from './provider-checks.js';
import { RequestWrites } from './request-writes.js';

/** Guards every login: before it is let in, and once its session is stored. Parse Server itself lets in a user who has no factor. */
export class LoginGuard {
  readonly #runtime: FactorRuntime;

  constructor(runtime: FactorRuntime) {
    this.#runtime = runtime;
  }

  /**
   * Before a login: refuses one that carries a session, as Parse Server then may ask none of the
   * factors; and a user without any factor where the policy demands one. The factors themselves hold a
   * user who has one to the policy, and a user who has nothing but what signs in alone: nothing is
   * proven yet here, and nothing may tell that there is such a user.
   */
  check(request: TriggerRequest): Promise<void> {
    const { object, config } = request;
    return this.#answering(request, object.id, async () => {
      const user = asUser(object);
      const authData = authDataOf(user);
      const hasFactors = storedAmong(authData, Object.keys(this.#runtime.factors)).length > 0;
      if (hasFactors && request.user !== undefined && request.master !== true)
        throw new FactorError('invalid_input', { sentence: 'Log in without a session.' });
      assertNoTransaction(config.database);
      this.#watchSession(request, user);
      const trace = traceOf(config, user.id);
      const { hasEnrolled } = trace;
      trace.hasEnrolled = false; // good for one login
      const all = secondFactors(this.#runtime);
      if (hasEnrolled === true || storedAmong(authData, all).length > 0) return;
      const roles = (): Promise<readonly string[]> => roleNames(config, user.id);
      const asked = { user, roles, enrolled: [] };
      if (!(await this.#runtime.policy.demandsEnrolment(asked)) || (await hasOnly(config, user, firstFactors(this.#runtime))))
        return;
      await this.#runtime.policy.assert({ ...asked, given: [], hasStandIn: false, all });
    });
  }

  /**
   * A login that is under way while a factor changes must not outlive the change. The session is stored first, and the row
   * read then: either the change is seen here, or the session is seen where the change ends sessions.
   */
  #watchSession(request: TriggerRequest, user: FactorUser): void {
    const { config } = request;
    const checks = ProviderChecks.of(config);
    RequestWrites.of(config).onSession(user.id, (session) =>
      this.#answering(request, user.id, async () => {
        const { sessionToken } = session;
        const owner = (): SessionOwner => ({ appId: config.appId, userId: user.id, sessionToken });
        const replies = checks.repliesTo(user.id);
        const isLooking = this.#runtime.revokeSessionsOn.length > 0 || replies.length > 0;
        const now = isLooking ? await session.user() : user;
        const change = now === undefined ? 'removed' : changeSince(this.#runtime, config, { before: user, now });
        if (now !== undefined && change === undefined) {
          this.#hideCredentials(request, now, replies);
          return rememberLogin(this.#runtime, request, user.id, owner);
        }
        await endSession(config, sessionToken);
        emitter('', this.#runtime, request, user.id)({ type: 'sessions_revoked', reason: change ?? 'removed' });
        const sentence = 'The sign-in methods of this account have just changed. Log in again.';
        throw new FactorError('factor_required', { sentence });
      }),
    );
  }

  /** Parse Server replies to a login by `authData` with what was sent and stored; the user sees what a factor shows. */
  #hideCredentials(request: TriggerRequest, user: FactorUser, replies: readonly LoginReply[]): void {
    if (request.master === true) return;
    for (const reply of replies) {
      const shown: Record<string, unknown> = { ...asObject(reply.authData) };
      for (const [key, factor] of Object.entries(this.#runtime.factors)) {
        delete shown[key];
        const scope = new FactorRequest(key, this.#runtime, request, user);
        if (scope.record !== undefined) shown[key] = scope.show(factor);
      }
      reply.authData = shown;
    }
  }

  #answering<Result>(request: CloudRequest, userId: string | undefined, work: () => Promise<Result>): Promise<Result> {
    return answering(emitter('', this.#runtime, request, userId), work);
  }
}
