import { FactorError } from './factor-error.js';
import { realFactors, storedAmong, type FactorRuntime } from './factor-runtime.js';
import type { FactorUser } from './factor.js';
import type { HookRequest } from './parse-hooks.js';
import { authDataOf, roleNames } from './parse-user.js';
import { asObject } from './payload.js';

/** A login that carries factors: whose it is, and what it gives. */
export class LoginRequest {
  /** Who is logging in. */
  readonly user: FactorUser;
  readonly #request: HookRequest;
  readonly #runtime: FactorRuntime;

  /** @throws FactorError `session_required` where the request only asks who somebody is: a second factor never says */
  constructor(request: HookRequest, runtime: FactorRuntime) {
    const { original, isChallenge } = request;
    if (isChallenge === true || original === undefined) throw new FactorError('session_required');
    this.user = asUser(original);
    this.#request = request;
    this.#runtime = runtime;
  }

  /** The factors that the user has set up; what only stands in for one is left out. */
  get enrolled(): string[] {
    return storedAmong(authDataOf(this.user), realFactors(this.#runtime));
  }

  /** The factors that the login answers or sets up; what only stands in for one is left out. */
  get given(): string[] {
    return realFactors(this.#runtime).filter((key) => this.#authData[key] !== undefined);
  }

  /** On a login, `null` would unlink a factor past every trigger. */
  refuseRemovals(): void {
    if (Object.keys(this.#runtime.factors).some((key) => this.#authData[key] === null)) {
      throw new FactorError('invalid_input', { sentence: 'A factor cannot be removed while logging in.' });
    }
  }

  /**
   * Parse Server checks the providers of a login in the order of their keys, so a factor may be
   * asked before a social provider that sorts behind it has proven anything. That one is asked
   * here first: knowing somebody's public social id must not be enough to use up his attempts.
   *
   * @param key the factor that is asked
   */
  async proveFirst(key: string): Promise<void> {
    const { user, master, original, config } = this.#request;
    const given = this.#authData;
    const isLater = (provider: string): boolean =>
      provider > key && !Object.hasOwn(this.#runtime.factors, provider) && given[provider] !== null;
    for (const provider of Object.keys(given).filter(isLater)) {
      const validator = config.authDataManager.getValidatorForProvider(provider)?.validator;
      const result = await validator?.(given[provider], { auth: { user, isMaster: master === true } }, original, this.#request);
      await result?.validator?.();
    }
  }

  /** Whether no other factor is asked after this one. */
  isLast(key: string): boolean {
    return this.given.every((other) => other <= key);
  }

  /** @throws FactorError `factor_required` or `enrolment_required`, before anything is consumed */
  assertPolicy(): Promise<void> {
    const { factors, policy } = this.#runtime;
    const all = realFactors(this.#runtime);
    const standIns = Object.keys(factors).filter((key) => !all.includes(key));
    const hasStandIn = storedAmong(authDataOf(this.user), standIns).some((key) => this.#authData[key] !== undefined);
    return policy.assert({ ...this.#asked, given: this.given, hasStandIn, all });
  }

  /** Whether the user must now set up more factors than he has. */
  demandsEnrolment(): Promise<boolean> {
    return this.#runtime.policy.demandsEnrolment(this.#asked);
  }

  get #asked() {
    const roles = (): Promise<readonly string[]> => roleNames(this.#request.config, this.user.id);
    return { user: this.user, roles, enrolled: this.enrolled };
  }

  get #authData(): Readonly<Record<string, unknown>> {
    return asObject(this.#request.object?.get('authData')) ?? {};
  }
}

/** A user with an id. */
export const asUser = (object: { readonly id?: string; get(field: string): unknown }): FactorUser => {
  if (object.id === undefined) throw new FactorError('session_required');
  return object as FactorUser;
};
