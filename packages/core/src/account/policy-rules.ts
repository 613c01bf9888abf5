import { FactorError } from '../error/factor-error.js';
import type { BackupIssue } from '../factor/factor.js';
import type { Policy } from './policy-options.js';

/** One demand of a policy. A login must meet all demands that hold for its user. */
export interface PolicyRule {
  /** The keys of the factors that the policy names; undefined for any second factor. */
  readonly named?: readonly string[];
  /** How many of these factors a login must answer. A user who has fewer of them answers those. */
  readonly answers: number;
  /** How many of these factors the user must set up. */
  readonly setUp: number;
}

/** The factors of a user and of one login, by their keys. Backup authenticators are not counted as factors. */
export interface GivenFactors {
  /** The factors that the user has set up. */
  readonly enrolled: readonly string[];
  /** The factors that this login sends a credential for, or enrols. */
  readonly given: readonly string[];
  /** The kind of backup authenticator that the login uses; of several, the one that replaces more. */
  readonly backup?: BackupIssue | undefined;
}

/** One factor, of any kind. Without it, a policy of other factors would let a user pass who has none of those. */
export const ONE_FACTOR: PolicyRule = Object.freeze({ answers: 1, setUp: 0 });

/** Returns what a policy demands. */
export function ruleOf(policy: Policy): PolicyRule {
  if (policy === 'any') return ONE_FACTOR;
  if (policy === 'all') return { answers: Number.POSITIVE_INFINITY, setUp: 0 };
  if ('atLeast' in policy) return { answers: policy.atLeast, setUp: policy.atLeast };
  const named = 'oneOf' in policy ? policy.oneOf : policy.allOf;
  const count = 'oneOf' in policy ? 1 : named.length;
  return { named, answers: count, setUp: count };
}

/** The keys that a policy names. */
export const namedBy = (policy: Policy): readonly string[] => ruleOf(policy).named ?? [];

/** Those of the keys that a rule is about. */
const among = ({ named }: PolicyRule, keys: readonly string[]): readonly string[] =>
  named === undefined ? keys : keys.filter((key) => named.includes(key));

/** A rule that is not met. */
interface Gap {
  readonly rule: PolicyRule;
  /** The keys that would help to meet it. */
  readonly choices: readonly string[];
  /** How many of them are missing. */
  readonly missing: number;
}

/** The rules that a user does not meet who has set up these factors. Those that name factors come first, and alone. */
function openSetUps(rules: readonly PolicyRule[], setUp: readonly string[], all: readonly string[]): readonly Gap[] {
  const left = all.filter((key) => !setUp.includes(key));
  const gaps = rules.map((rule) => ({ rule, choices: among(rule, left), missing: rule.setUp - among(rule, setUp).length }));
  const open = gaps.filter(({ missing }) => missing > 0);
  const named = open.filter(({ rule }) => rule.named !== undefined);
  return named.length > 0 ? named : open;
}

/** The factors of which a user who has set up these must now set up more; none if the user meets all rules. */
export const demandedNext = (rules: readonly PolicyRule[], setUp: readonly string[], all: readonly string[]): string[] => {
  const choices = openSetUps(rules, setUp, all).flatMap((gap) => gap.choices);
  return all.filter((key) => choices.includes(key));
};

/** Checks that the user has set up what the rules demand. @throws FactorError `enrolment_required`, naming the factors */
export function assertSetUp(rules: readonly PolicyRule[], setUp: readonly string[], all: readonly string[]): void {
  const open = openSetUps(rules, setUp, all);
  if (open.length === 0) return;
  const forced = forcedBy(open, all);
  const gap = narrowest(open);
  // A rule that names no factors says how many a user needs in total, of all that there are.
  const [count, keys] =
    gap.rule.named === undefined ? [gap.rule.setUp, all] : forced.length > 0 ? [forced.length, forced] : [1, gap.choices];
  const sentence = `Set up ${count === 1 ? 'one' : String(count)} of these first: ${keys.join(', ')}.`;
  throw new FactorError('enrolment_required', { sentence });
}

/** Checks that a login answers what the rules demand. @throws FactorError `factor_required`, naming the factors */
export function assertAnswered(rules: readonly PolicyRule[], factors: GivenFactors): void {
  const { enrolled, given } = factors;
  const setUp = [...new Set([...enrolled, ...given])];
  if (isAnswered(rules, setUp, factors)) return;
  const open = gapsOf(rules, setUp, given);
  const forced = forcedBy(open, setUp);
  if (forced.length > 0) throw new FactorError('factor_required', { sentence: `Also required: ${forced.join(', ')}.` });
  const { rule, choices } = narrowest(open);
  const needed = Math.min(rule.answers, setUp.length);
  const demand = rule.named === undefined ? `${needed} factors are required` : 'Another factor is required';
  throw new FactorError('factor_required', { sentence: `${demand}; also give one of: ${choices.join(', ')}.` });
}

/**
 * Whether a login answers enough. Recovery codes replace any one factor, so that a user who has lost a named one can log in. A
 * trusted device replaces one factor that is not named: a policy names factors to demand more than a known device. A help code
 * replaces all: an administrator has checked who the user is.
 */
function isAnswered(rules: readonly PolicyRule[], setUp: readonly string[], { given, backup }: GivenFactors): boolean {
  const isMetBy = (answered: readonly string[], spare = 0): boolean =>
    gapsOf(rules, setUp, answered).every(({ rule, missing }) => rule.named === undefined && missing <= spare);
  if (backup === 'by-administrator') return true;
  if (backup !== 'after-step-up') return isMetBy(given, backup === undefined ? 0 : 1);
  const replaced = setUp.filter((key) => !given.includes(key));
  return isMetBy(given) || replaced.some((key) => isMetBy([...given, key]));
}

function gapsOf(rules: readonly PolicyRule[], setUp: readonly string[], given: readonly string[]): readonly Gap[] {
  const left = setUp.filter((key) => !given.includes(key));
  return rules
    .map((rule) => {
      const needed = Math.min(rule.answers, among(rule, setUp).length);
      return { rule, choices: among(rule, left), missing: needed - among(rule, given).length };
    })
    .filter(({ missing }) => missing > 0);
}

/** The factors without which the rules cannot be met, in the order of these keys. */
function forcedBy(gaps: readonly Gap[], keys: readonly string[]): readonly string[] {
  const forced = gaps.filter(({ choices, missing }) => missing >= choices.length).flatMap(({ choices }) => choices);
  return keys.filter((key) => forced.includes(key));
}

/** The rule that leaves the fewest choices; of two, the one that demands more. */
function narrowest(gaps: readonly Gap[]): Gap {
  const [first] = gaps.toSorted((one, other) => one.choices.length - other.choices.length || other.missing - one.missing);
  if (first === undefined) throw new FactorError('unavailable');
  return first;
}
