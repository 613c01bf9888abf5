import { storedAmong } from '../../account/factor-roles.js';
import type { AccountState, Accounts } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { bytesFrom } from '../../crypto/random.js';
import { integerOption, resolveOptions } from '../../validation/options.js';

/** How the users of each factor are counted. */
export interface CountOptions {
  /** How many users are looked at, 1 to 10,000; 1000 by default. With fewer users, the count is exact. */
  readonly sample?: number;
}

/** How many users have set up each factor. */
export interface EnrolledUsers {
  /** All users of the application. */
  readonly users: number;
  /** How many of them were looked at. */
  readonly sample: number;
  /** By the factor's key: how many users have set it up, as far as the sample tells. Every composed factor is there. */
  readonly byFactor: Readonly<Record<string, number>>;
}

/** The letters of Parse Server's ids, in no order: a collation may sort them in any. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 10;

/**
 * Counts the users who have set up each factor, in a sample.
 *
 * Parse Server's ids are random, so the users that follow a random id are a random sample. With ids of the application's own,
 * such as numbers in a row, they are not.
 *
 * @throws FactorConfigError for another option
 */
export async function countEnrolled(
  { factors, random }: Pick<Runtime, 'factors' | 'random'>,
  accounts: Pick<Accounts, 'list' | 'count'>,
  options: CountOptions = {},
): Promise<EnrolledUsers> {
  const { sample } = resolveOptions<Required<CountOptions>>('countEnrolled', options, RULES, { sample: 1000 });
  const letter = (byte: number): string => LETTERS.charAt(byte % LETTERS.length);
  const start = [...bytesFrom(random, ID_LENGTH)].map(letter).join('');
  const looked = await sampleFrom(accounts, start, sample);
  const users = Math.max(await accounts.count(), looked.length);
  const keys = Object.keys(factors);
  const having = (key: string): number => looked.filter(({ stored }) => storedAmong(stored, [key]).length > 0).length;
  const scale = looked.length === 0 ? 0 : users / looked.length;
  return {
    users,
    sample: looked.length,
    byFactor: Object.fromEntries(keys.map((key) => [key, Math.round(having(key) * scale)] as const)),
  };
}

const RULES = { sample: integerOption(1, 10_000) };

/** Returns the users that follow an id, and then the first ones. Each user is there once. */
async function sampleFrom(accounts: Pick<Accounts, 'list'>, start: string, limit: number): Promise<readonly AccountState[]> {
  const after = await accounts.list(start, limit);
  if (after.length === limit) return after;
  const known = new Set(after.map(({ id }) => id));
  const first = await accounts.list('', limit);
  return [...after, ...first.filter(({ id }) => !known.has(id))].slice(0, limit);
}
