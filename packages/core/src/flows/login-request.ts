import { firstFactors, secondFactors, standInFactors, storedAmong } from '../account/factor-roles.js';
import { relinks } from '../account/provider-changes.js';
import { FactorError } from '../error/factor-error.js';
import type { FactorUser } from '../factor/context.js';
import { loginTrace, traceOf } from '../parse/login-trace.js';
import { asServerError } from '../parse/parse-errors.js';
import type { HookRequest } from '../parse/parse-types.js';
import { authDataOf, roleNames } from '../parse/parse-user.js';
import { ProviderChecks } from '../parse/provider-checks.js';
import { givenOf } from '../parse/sent-credentials.js';
import type { Account } from './account.js';
import type { FactorRuntime } from './runtime.js';
import { proveFirst } from './verify-primary.js';

/** A login that carries factors: whose it is, and what it gives. */
export class LoginRequest {
  /** Who is logging in. */
  readonly user: FactorUser;
  /** The factors that the user has set up; what only stands in for one is left out. */
  readonly enrolled: readonly string[];
  /** The factors that the login answers or sets up; what only stands in for one is left out. */
  readonly given: readonly string[];
  readonly #request: HookRequest;
  readonly #runtime: FactorRuntime;
  readonly #authData: Readonly<Record<string, unknown>>;

  /** @throws FactorError `session_required` where the request only asks who somebody is: a second factor never says */
  constructor(request: HookRequest, runtime: FactorRuntime) {
    const { original, isChallenge, object } = request;
    if (isChallenge === true || original === undefined) throw new FactorError('session_required');
    const all = secondFactors(runtime);
    this.user = asUser(original);
    this.#request = request;
    this.#runtime = runtime;
    this.#authData = givenOf(object).authData;
    this.enrolled = storedAmong(authDataOf(this.user), all);
    this.given = all.filter((key) => Object.hasOwn(this.#authData, key));
  }

  /**
   * Before anything is counted: the first factor is proven, and nothing that is needed is missing.
   *
   * @param key the factor that is asked
   * @throws FactorError `invalid_input`, `factor_required`, `enrolment_required`, `session_required`
   */
  async open(key: string): Promise<void> {
    await this.#proveFirst(key);
    this.#refuseChanges();
    await this.#assertPolicy();
    this.#assertOthers();
  }

  /**
   * After a factor was answered or set up rightly. What the login has shown counts once that is true
   * of all that it gives. What it has set up is stored here and not by Parse Server, so that nobody
   * is let in for a factor that then is not there.
   *
   * @param key the factor that was asked
   */
  async close(key: string, account: Account): Promise<void> {
    if (!this.#isLast(key)) return;
    const { answered, stoodIn, enrolled, proven } = loginTrace(this.#request);
    for (const { spend } of [...proven.ids.values(), ...proven.alone.values()]) await spend();
    const trace = traceOf(this.#request.config, this.user.id);
    trace.answered = answered[0];
    trace.stoodIn = answered.length + Object.keys(enrolled).length === 0 ? stoodIn[0] : undefined;
    if (Object.keys(enrolled).length === 0) return;
    await account.storeEnrolled(enrolled);
    trace.hasEnrolled = true;
    [trace.setUp] = Object.keys(enrolled);
  }

  /** On a login, nothing is unlinked, linked or exchanged past every trigger. */
  #refuseChanges(): void {
    const { factors } = this.#runtime;
    if (Object.keys(factors).some((key) => this.#authData[key] === null)) {
      throw new FactorError('invalid_input', { sentence: 'A factor cannot be removed while logging in.' });
    }
    // What has become null here may be something else where it is stored.
    const isUnlinking = Object.values(this.#authData).includes(null);
    const isRelinking = isUnlinking || relinks(this.#authData, authDataOf(this.user), factors);
    if (this.enrolled.length > 0 && isRelinking) throw new FactorError('fresh_proof_required');
  }

  /**
   * Parse Server checks the providers of a login in the order of their keys, so a factor may be
   * asked before a social provider that sorts behind it has proven anything. That one is asked
   * here first: knowing somebody's public social id must not be enough to use up his attempts. What
   * signs in alone is checked here too, and spent when everything else was right.
   *
   * @param key the factor that is asked
   */
  async #proveFirst(key: string): Promise<void> {
    const given = this.#authData;
    await proveFirst(this.#request, this.#runtime);
    const isLater = (provider: string): boolean =>
      provider > key && !Object.hasOwn(this.#runtime.factors, provider) && given[provider] !== null;
    for (const provider of Object.keys(given).filter(isLater)) {
      const checks = ProviderChecks.of(this.#request.config);
      const isKnown = await checks.run(provider, given[provider], this.#request).catch((fault: unknown) => {
        throw asServerError(fault);
      });
      if (!isKnown) throw new FactorError('invalid_input', { sentence: 'A provider is not supported.' });
    }
  }

  /**
   * Parse Server asks for no second factor beside what is spoken for here, so that nobody learns from
   * it who has one; other adapters' second factors are demanded here in its place.
   */
  #assertOthers(): void {
    const { config, user, master, ip } = this.#request;
    const isGiven = (key: string): boolean => (this.#authData[key] ?? undefined) !== undefined;
    const first = firstFactors(this.#runtime);
    if (!first.some(isGiven)) return;
    const stored = authDataOf(this.user);
    const isSecondFactor = (key: string): boolean => {
      const adapter = config.authDataManager.getValidatorForProvider(key)?.adapter;
      const policy: unknown = adapter?.policy;
      const asked: unknown =
        typeof policy === 'function' ? policy.call(adapter, { ip, user, master: master === true }, stored[key]) : policy;
      return asked === 'additional';
    };
    const second = storedAmong(stored, Object.keys(stored)).filter((key) => !first.includes(key) && isSecondFactor(key));
    if (second.length === 0 || second.some(isGiven)) return;
    throw new FactorError('factor_required', { sentence: `Also required: ${second.join(' or ')}.` });
  }

  /**
   * Whether everything that is needed is given, before anything is consumed.
   *
   * @throws FactorError `factor_required`, `enrolment_required`; `session_required` where one is
   *   given that is not set up, and need not be
   */
  async #assertPolicy(): Promise<void> {
    const { policy } = this.#runtime;
    const all = secondFactors(this.#runtime);
    const isSettingUp = this.given.some((key) => !this.enrolled.includes(key));
    // Whoever sets up one beside others answers all of them; nothing stands in for those.
    if (isSettingUp && !(await this.demandsEnrolment())) throw new FactorError('session_required');
    if (isSettingUp && !this.enrolled.every((key) => this.given.includes(key))) throw new FactorError('session_required');
    const standIns = standInFactors(this.#runtime);
    const hasStandIn =
      !isSettingUp && storedAmong(authDataOf(this.user), standIns).some((key) => Object.hasOwn(this.#authData, key));
    await policy.assert({ ...this.#asked, given: this.given, hasStandIn, all });
  }

  /** Whether the user must now set up more factors than he has. */
  demandsEnrolment(): Promise<boolean> {
    return this.#runtime.policy.demandsEnrolment(this.#asked);
  }

  /** Whether no other factor or stand-in is asked after this one. */
  #isLast(key: string): boolean {
    return Object.keys(this.#runtime.factors).every((other) => other <= key || !Object.hasOwn(this.#authData, other));
  }

  get #asked() {
    const roles = (): Promise<readonly string[]> => roleNames(this.#request.config, this.user.id);
    return { user: this.user, roles, enrolled: this.enrolled };
  }
}

/** A user with an id. */
export const asUser = (object: { readonly id?: string; get(field: string): unknown } | undefined): FactorUser => {
  if (object?.id === undefined) throw new FactorError('session_required');
  return object as FactorUser;
};
