import { FactorError } from '../error/factor-error.js';
import type { FactorUser } from '../factor/context.js';
import type { Clock } from '../time/clock.js';
import { type EnrolmentOptions, isPolicy, type Policy, type PolicyOption, type RoleNames } from './policy-options.js';

/** A login as far as a policy is concerned. Factors are named by their keys; stand-ins are none. */
export interface Login {
  readonly user: FactorUser;
  readonly roles: RoleNames;
  /** The factors that the user has set up. */
  readonly enrolled: readonly string[];
  /** The factors that this login answers or sets up. */
  readonly given: readonly string[];
  /** Whether something that stands in for a factor is given. */
  readonly hasStandIn: boolean;
  /** Every factor there is. */
  readonly all: readonly string[];
}

/** Decides which factors a login needs, before any of them is looked at. */
export class LoginPolicy {
  readonly #policy: PolicyOption;
  readonly #enrolment: EnrolmentOptions;
  readonly #clock: Clock;

  constructor(policy: PolicyOption, enrolment: EnrolmentOptions, clock: Clock) {
    this.#policy = policy;
    this.#enrolment = enrolment;
    this.#clock = clock;
  }

  /** The most factors that it is known to demand; a function may demand any number. */
  get mostDemanded(): number {
    const policy = this.#policy;
    if (typeof policy === 'function') return 0;
    const all = typeof policy === 'object' && 'byRole' in policy ? [...Object.values(policy.byRole), policy.otherwise] : [policy];
    return Math.max(...all.map((one) => (typeof one === 'object' ? one.atLeast : 0)));
  }

  /** Whether the user must now set up more factors than he has. No statement, but for roles that are not cached. */
  async demandsEnrolment({ user, roles, enrolled }: Pick<Login, 'user' | 'roles' | 'enrolled'>): Promise<boolean> {
    return (await this.#demanded(user, roles, await this.#policies(user, roles))) > enrolled.length;
  }

  /** @throws FactorError `factor_required` or `enrolment_required`, naming what is missing */
  async assert({ user, roles, enrolled, given, hasStandIn, all }: Login): Promise<void> {
    const policies = await this.#policies(user, roles);
    const setUp = new Set([...enrolled, ...given]).size;
    const demanded = await this.#demanded(user, roles, policies);
    if (setUp < demanded) throw enrolmentRequired(demanded, all);
    const counts = policies.map((policy) => (policy === 'any' ? 1 : policy === 'all' ? enrolled.length : policy.atLeast));
    // Within the grace period one cannot answer more than one has.
    const needed = Math.min(Math.max(...counts), setUp);
    if (given.length + (hasStandIn ? 1 : 0) >= needed) return;
    const missing = enrolled.filter((key) => !given.includes(key)).join(', ');
    const isAll = needed === enrolled.length;
    const sentence = isAll ? `Also required: ${missing}.` : `${needed} factors are required; also give one of: ${missing}.`;
    throw new FactorError('factor_required', { sentence });
  }

  async #policies(user: FactorUser, roles: RoleNames): Promise<readonly Policy[]> {
    const policy = this.#policy;
    if (typeof policy === 'function') {
      const chosen = await policy(user, roles);
      if (!isPolicy(chosen)) throw new FactorError('unavailable', { cause: new PolicyFault() });
      return [chosen];
    }
    if (policy === 'any' || policy === 'all' || 'atLeast' in policy) return [policy];
    const names = await roles();
    const chosen = Object.entries(policy.byRole).filter(([role]) => names.includes(role));
    return chosen.length === 0 ? [policy.otherwise ?? 'any'] : chosen.map(([, held]) => held);
  }

  /** How many factors the user must have set up by now. */
  async #demanded(user: FactorUser, roles: RoleNames, policies: readonly Policy[]): Promise<number> {
    const counts = policies.map((policy) => (typeof policy === 'object' ? policy.atLeast : 0));
    const demanded = Math.max(...counts, (await this.#isRequired(user, roles)) ? 1 : 0);
    return demanded > 0 && !this.#isInGrace(user) ? demanded : 0;
  }

  async #isRequired(user: FactorUser, roles: RoleNames): Promise<boolean> {
    const { requiredFor } = this.#enrolment;
    if (requiredFor === undefined) return false;
    if (requiredFor === 'everybody') return true;
    if (typeof requiredFor === 'function') {
      const required: unknown = await requiredFor(user, roles);
      return required !== false; // nothing but a clear no lets anybody off
    }
    const names = await roles();
    return requiredFor.roles.some((role) => names.includes(role));
  }

  #isInGrace(user: FactorUser): boolean {
    const { graceMs = 0, since = 0 } = this.#enrolment;
    if (graceMs === 0) return this.#clock() < since;
    const signedUpAt = new Date(user.get('createdAt') as string | Date).getTime();
    return Number.isFinite(signedUpAt) && this.#clock() < Math.max(signedUpAt, since) + graceMs;
  }
}

/** What a user without enough factors is told. */
const enrolmentRequired = (demanded: number, all: readonly string[]): FactorError =>
  new FactorError('enrolment_required', {
    sentence: `Set up ${demanded === 1 ? 'one' : String(demanded)} of these first: ${all.join(', ')}.`,
  });

class PolicyFault extends Error {
  override readonly name = 'PolicyFault';
}
