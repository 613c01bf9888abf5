import { FactorError } from '../error/factor-error.js';
import type { FactorUser } from '../factor/context.js';
import type { Clock } from '../time/clock.js';
import {
  type EnrolmentOptions,
  isPolicy,
  type Policy,
  type PolicyOption,
  type PolicyRequest,
  type RoleNames,
} from './policy-options.js';
import {
  assertAnswered,
  assertSetUp,
  demandedNext,
  type GivenFactors,
  namedBy,
  ONE_FACTOR,
  type PolicyRule,
  ruleOf,
} from './policy-rules.js';

/** What an application chooses about the factors of a login. */
export interface LoginPolicyOptions {
  readonly policy: PolicyOption;
  readonly enrolment: EnrolmentOptions;
}

/** Decides which factors a login needs, before any of them is verified. */
export class LoginPolicy {
  readonly #policy: PolicyOption;
  readonly #enrolment: EnrolmentOptions;
  readonly #all: readonly string[];
  readonly #clock: Clock;

  /** @param all the keys of the second factors */
  constructor({ policy, enrolment }: LoginPolicyOptions, all: readonly string[], clock: Clock) {
    this.#policy = policy;
    this.#enrolment = enrolment;
    this.#all = all;
    this.#clock = clock;
  }

  /**
   * The highest number of factors that the policy is known to demand. It is 0 if the policy is a function that
   * may choose any, and for policies that name factors.
   */
  get mostDemanded(): number {
    return Math.max(0, ...this.#known.map((policy) => (typeof policy === 'object' && 'atLeast' in policy ? policy.atLeast : 0)));
  }

  /** The keys that the policy is known to name, and that are not second factors. */
  get unknownNames(): readonly string[] {
    return this.#known.flatMap((policy) => this.#unknownIn(policy));
  }

  /** Returns the policy for one user in one request. It runs no database query, except to read roles that are not cached. */
  forUser(request: PolicyRequest): UserPolicy {
    return new UserPolicy(async () => {
      const policies = await this.#policies(request);
      const required = (await this.#isRequired(request)) ? [{ answers: 1, setUp: 1 }] : [];
      const rules = [ONE_FACTOR, ...required, ...policies.map(ruleOf)];
      // Within the grace period, users answer what they have set up, and need not set up more.
      return this.#isInGrace(request.user) ? rules.map((rule) => ({ ...rule, setUp: 0 })) : rules;
    }, this.#all);
  }

  /**
   * Tells whether one of a user's roles may demand factors: it is named in `byRole` or `requiredFor`. A function may look at any
   * role.
   */
  async demandsByRole(roles: RoleNames): Promise<boolean> {
    const policy = this.#policy;
    const { requiredFor } = this.#enrolment;
    const isByFunction = typeof policy === 'function' || typeof requiredFor === 'function';
    const demanding = [
      ...(typeof policy === 'object' && 'byRole' in policy ? Object.keys(policy.byRole) : []),
      ...(typeof requiredFor === 'object' ? requiredFor.roles : []),
    ];
    if (!isByFunction && demanding.length === 0) return false;
    return (await roles()).some((role) => isByFunction || demanding.includes(role));
  }

  /** The policies that are known before a login. */
  get #known(): readonly Policy[] {
    const policy = this.#policy;
    if (typeof policy === 'function') return policy.policies ?? [];
    if (typeof policy === 'string' || !('byRole' in policy)) return [policy];
    return [...Object.values(policy.byRole), policy.otherwise ?? 'any'];
  }

  #unknownIn(policy: Policy): readonly string[] {
    return namedBy(policy).filter((key) => !this.#all.includes(key));
  }

  async #policies(request: PolicyRequest): Promise<readonly Policy[]> {
    const policy = this.#policy;
    if (typeof policy === 'function') {
      const chosen = await policy(request);
      if (!isPolicy(chosen) || this.#unknownIn(chosen).length > 0) {
        throw new FactorError('unavailable', { cause: new PolicyFault() });
      }
      return [chosen];
    }
    if (typeof policy === 'string' || !('byRole' in policy)) return [policy];
    const names = await request.roles();
    const chosen = Object.entries(policy.byRole).filter(([role]) => names.includes(role));
    return chosen.length === 0 ? [policy.otherwise ?? 'any'] : chosen.map(([, held]) => held);
  }

  async #isRequired(request: PolicyRequest): Promise<boolean> {
    const { requiredFor } = this.#enrolment;
    if (requiredFor === undefined) return false;
    if (requiredFor === 'everybody') return true;
    if (typeof requiredFor === 'function') {
      const required: unknown = await requiredFor(request);
      return required !== false; // Fails closed: only `false` exempts the user.
    }
    const names = await request.roles();
    return requiredFor.roles.some((role) => names.includes(role));
  }

  #isInGrace(user: FactorUser): boolean {
    const { graceMs = 0, since = 0 } = this.#enrolment;
    if (graceMs === 0) return this.#clock() < since;
    const signedUpAt = new Date(user.get('createdAt') as string | Date).getTime();
    return Number.isFinite(signedUpAt) && this.#clock() < Math.max(signedUpAt, since) + graceMs;
  }
}

/** The login policy for one user. It calls the application's functions and reads the user's roles once at most. */
export class UserPolicy {
  readonly #ask: () => Promise<readonly PolicyRule[]>;
  readonly #all: readonly string[];
  #rules: Promise<readonly PolicyRule[]> | undefined;

  /** @param all the keys of the second factors */
  constructor(ask: () => Promise<readonly PolicyRule[]>, all: readonly string[]) {
    this.#ask = ask;
    this.#all = all;
  }

  /** Tells whether the user must now set up more factors than these. */
  async demandsEnrolment(enrolled: readonly string[]): Promise<boolean> {
    return (await this.#demandedNext(enrolled)).length > 0;
  }

  /**
   * Tells whether a login may set up these factors: only those that the policy demands.
   *
   * @param enrolled the factors that the user has set up
   */
  async mayEnrol(enrolled: readonly string[], keys: readonly string[]): Promise<boolean> {
    const demanded = await this.#demandedNext(enrolled);
    if (demanded.length === 0) return false;
    for (const key of keys) {
      const others = keys.filter((other) => other !== key);
      const isDemanded = demanded.includes(key) || (await this.#demandedNext([...enrolled, ...others])).includes(key);
      if (!isDemanded) return false;
    }
    return true;
  }

  /** @throws FactorError `factor_required` or `enrolment_required`, naming what is missing */
  async assert(factors: GivenFactors): Promise<void> {
    const setUp = [...new Set([...factors.enrolled, ...factors.given])];
    assertSetUp(await this.#read(), setUp, this.#all);
    await this.assertGiven(factors);
  }

  /** Like {@link assert}, for users who need not have set up what the policy demands. @throws FactorError `factor_required` */
  async assertGiven(factors: GivenFactors): Promise<void> {
    assertAnswered(await this.#read(), factors);
  }

  async #demandedNext(setUp: readonly string[]): Promise<readonly string[]> {
    return demandedNext(await this.#read(), setUp, this.#all);
  }

  #read(): Promise<readonly PolicyRule[]> {
    this.#rules ??= this.#ask();
    return this.#rules;
  }
}

class PolicyFault extends Error {
  override readonly name = 'PolicyFault';
}
