import { FactorError } from '../error/factor-error.js';
import type { FactorUser } from '../factor/context.js';
import type { Clock } from '../time/clock.js';
import { type EnrolmentOptions, isPolicy, type Policy, type PolicyOption, type RoleNames } from './policy-options.js';

/** The user that a policy decides about. */
export interface PolicyUser {
  readonly user: FactorUser;
  readonly roles: RoleNames;
}

/** The factors of a user and of one login, by their keys. Backup authenticators are not counted as factors. */
export interface GivenFactors {
  /** The factors that the user has set up. */
  readonly enrolled: readonly string[];
  /** The factors that this login sends a credential for, or enrols. */
  readonly given: readonly string[];
  /** Whether the login uses a backup authenticator. */
  readonly hasBackup: boolean;
  /** Every composed factor. */
  readonly all: readonly string[];
}

/** Decides which factors a login needs, before any of them is verified. */
export class LoginPolicy {
  readonly #policy: PolicyOption;
  readonly #enrolment: EnrolmentOptions;
  readonly #clock: Clock;

  constructor(policy: PolicyOption, enrolment: EnrolmentOptions, clock: Clock) {
    this.#policy = policy;
    this.#enrolment = enrolment;
    this.#clock = clock;
  }

  /**
   * The highest number of factors that the policy is known to demand. It is 0 if the policy is a function, which may
   * demand any number.
   */
  get mostDemanded(): number {
    const policy = this.#policy;
    if (typeof policy === 'function') return 0;
    const all = typeof policy === 'object' && 'byRole' in policy ? [...Object.values(policy.byRole), policy.otherwise] : [policy];
    return Math.max(...all.map((one) => (typeof one === 'object' ? one.atLeast : 0)));
  }

  /** Returns the policy for one user. It runs no database query, except to read roles that are not cached. */
  forUser(asked: PolicyUser): UserPolicy {
    return new UserPolicy(async () => {
      const policies = await this.#policies(asked.user, asked.roles);
      return { policies, demanded: await this.#demanded(asked.user, asked.roles, policies) };
    });
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
      return required !== false; // Fails closed: only `false` exempts the user.
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

interface Demand {
  readonly policies: readonly Policy[];
  /** How many factors the user must have set up by now. */
  readonly demanded: number;
}

/** The login policy for one user. It calls the application's functions and reads the user's roles once at most. */
export class UserPolicy {
  readonly #ask: () => Promise<Demand>;
  #demand: Promise<Demand> | undefined;

  constructor(ask: () => Promise<Demand>) {
    this.#ask = ask;
  }

  /** Tells whether the user must now set up more factors than these. */
  async demandsEnrolment(enrolled: readonly string[]): Promise<boolean> {
    return (await this.#read()).demanded > enrolled.length;
  }

  /** @throws FactorError `factor_required` or `enrolment_required`, naming what is missing */
  async assert(factors: GivenFactors): Promise<void> {
    const { demanded } = await this.#read();
    if (setUpBy(factors) < demanded) throw enrolmentRequired(demanded, factors.all);
    await this.assertGiven(factors);
  }

  /** Like {@link assert}, for users who need not have as many factors as the policy demands. @throws FactorError `factor_required` */
  async assertGiven(factors: Omit<GivenFactors, 'all'>): Promise<void> {
    const { enrolled, given, hasBackup } = factors;
    const { policies } = await this.#read();
    const counts = policies.map((policy) => (policy === 'any' ? 1 : policy === 'all' ? enrolled.length : policy.atLeast));
    // Within the grace period, a user cannot verify more factors than they have.
    const needed = Math.min(Math.max(...counts), setUpBy(factors));
    if (given.length + (hasBackup ? 1 : 0) >= needed) return;
    const missing = enrolled.filter((key) => !given.includes(key)).join(', ');
    const isAll = needed === enrolled.length;
    const sentence = isAll ? `Also required: ${missing}.` : `${needed} factors are required; also give one of: ${missing}.`;
    throw new FactorError('factor_required', { sentence });
  }

  #read(): Promise<Demand> {
    this.#demand ??= this.#ask();
    return this.#demand;
  }
}

/** How many factors the user has set up once the login is complete. */
const setUpBy = ({ enrolled, given }: Pick<GivenFactors, 'enrolled' | 'given'>): number => new Set([...enrolled, ...given]).size;

/** The error for a user who has too few factors. */
const enrolmentRequired = (demanded: number, all: readonly string[]): FactorError =>
  new FactorError('enrolment_required', {
    sentence: `Set up ${demanded === 1 ? 'one' : String(demanded)} of these first: ${all.join(', ')}.`,
  });

class PolicyFault extends Error {
  override readonly name = 'PolicyFault';
}
