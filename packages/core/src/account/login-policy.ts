import { FactorError } from '../error/factor-error.js';
import type { FactorUser } from '../factor/context.js';
import type { Clock } from '../time/clock.js';
import { type EnrolmentOptions, isPolicy, type Policy, type PolicyOption, type RoleNames } from './policy-options.js';

/** Whom a policy is asked about. */
export interface PolicyUser {
  readonly user: FactorUser;
  readonly roles: RoleNames;
}

/** What a login gives. Factors are named by their keys; backup authenticators are none. */
export interface GivenFactors {
  /** The factors that the user has set up. */
  readonly enrolled: readonly string[];
  /** The factors that this login answers or sets up. */
  readonly given: readonly string[];
  /** Whether a backup authenticator is given. */
  readonly hasBackup: boolean;
  /** Every factor there is. */
  readonly all: readonly string[];
}

/** A login as far as a policy is concerned. */
export interface Login extends PolicyUser, GivenFactors {}

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

  /** What the policy asks of one user. */
  forUser(asked: PolicyUser): UserPolicy {
    return new UserPolicy(async () => {
      const policies = await this.#policies(asked.user, asked.roles);
      return { policies, demanded: await this.#demanded(asked.user, asked.roles, policies) };
    });
  }

  /** Whether the user must now set up more factors than they have. No statement, but for roles that are not cached. */
  demandsEnrolment({ enrolled, ...asked }: PolicyUser & Pick<GivenFactors, 'enrolled'>): Promise<boolean> {
    return this.forUser(asked).demandsEnrolment(enrolled);
  }

  /** @throws FactorError `factor_required` or `enrolment_required`, naming what is missing */
  assert({ user, roles, ...given }: Login): Promise<void> {
    return this.forUser({ user, roles }).assert(given);
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

interface Demand {
  readonly policies: readonly Policy[];
  /** How many factors the user must have set up by now. */
  readonly demanded: number;
}

/** What a login policy asks of one user. The application's functions and the user's roles are asked for once. */
export class UserPolicy {
  readonly #ask: () => Promise<Demand>;
  #demand: Promise<Demand> | undefined;

  constructor(ask: () => Promise<Demand>) {
    this.#ask = ask;
  }

  /** Whether the user must now set up more factors than these. */
  async demandsEnrolment(enrolled: readonly string[]): Promise<boolean> {
    return (await this.#read()).demanded > enrolled.length;
  }

  /** @throws FactorError `factor_required` or `enrolment_required`, naming what is missing */
  async assert({ enrolled, given, hasBackup, all }: GivenFactors): Promise<void> {
    const { policies, demanded } = await this.#read();
    const setUp = new Set([...enrolled, ...given]).size;
    if (setUp < demanded) throw enrolmentRequired(demanded, all);
    const counts = policies.map((policy) => (policy === 'any' ? 1 : policy === 'all' ? enrolled.length : policy.atLeast));
    // Within the grace period a user cannot answer more than they have.
    const needed = Math.min(Math.max(...counts), setUp);
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

/** What a user without enough factors is told. */
const enrolmentRequired = (demanded: number, all: readonly string[]): FactorError =>
  new FactorError('enrolment_required', {
    sentence: `Set up ${demanded === 1 ? 'one' : String(demanded)} of these first: ${all.join(', ')}.`,
  });

class PolicyFault extends Error {
  override readonly name = 'PolicyFault';
}
