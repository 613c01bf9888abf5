import { FieldsFactor } from '@parse-factors/fields';
import { countStatements } from '@parse-factors/test-server/count-statements';
import { sqlOf } from '@parse-factors/test-server/database/postgres-rows';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { startStageOn, type Stage } from '@parse-factors/e2e/stage';
import { median, pairedRatios, timed, type Result } from './measure.js';

const ROUNDS = 15;
const GUESSES = 20;
const DAY = 24 * 60 * 60_000;

type Fields = Readonly<Record<string, string>>;

const signIn = (stage: Stage, member: Fields): Promise<Answer> => stage.call('POST', '/users', { authData: { member } });

/** Signs up users with or without a phone number. */
async function people(stage: Stage, name: string, hasPhone: boolean): Promise<Fields[]> {
  const fields = Array.from({ length: GUESSES }, (_, index) => ({ memberNumber: `${name}-${index}`, postcode: 'right' }));
  for (const [index, own] of fields.entries()) {
    const person = await stage.signUp(own);
    if (hasPhone) await stage.enrolPhone(person, `+1555${String(4_000_000 + index)}`);
  }
  return fields;
}

/** Enough failures for every round, so that no account is locked before the last step. */
const MAX_FAILURES = 80;

/** Measures whether response times reveal known users (user enumeration, CWE-204): medians of alternating wrong logins. */
export async function benchFields(postgres: string): Promise<Result[]> {
  const stage = await startStageOn(postgres, {
    sms: { maxSendsPerIp: 1_000_000 },
    compose: { maxAttemptsPerIp: 1_000_000 },
    more: { member: new FieldsFactor({ find: 'memberNumber', match: ['postcode'], maxFailures: MAX_FAILURES, lockMs: DAY }) },
  });
  try {
    await stage.signUp({ memberNumber: 'first', postcode: 'x' });
    await sqlOf(stage).query('create index on "_User" ("memberNumber")');
    const right = await people(stage, 'known', true);
    const wrong = right.map((own) => ({ ...own, postcode: 'wrong' }));
    const bare = await people(stage, 'bare', false);
    const unknown = wrong.map((_, index) => ({ memberNumber: `unknown-${index}`, postcode: 'x' }));
    const side = (kind: readonly Fields[]) => async (): Promise<number[]> => {
      const times: number[] = [];
      for (const fields of kind) times.push(await timed(() => signIn(stage, fields)));
      return times;
    };
    type Compared = readonly [one: readonly Fields[], other: readonly Fields[]];
    const compare = async (name: string, [one, other]: Compared, bound: number | null = 1.1): Promise<Result> => {
      await pairedRatios(3, side(one), side(other)); // creates their rows in the store, and warms up
      const ratio = median(await pairedRatios(ROUNDS, side(one), side(other)));
      return { name: `fields: ${name}, p50`, ratio, bound };
    };
    const lock = async (kind: readonly Fields[]): Promise<void> => {
      for (const fields of kind) await Promise.all(Array.from({ length: MAX_FAILURES + 1 }, () => signIn(stage, fields)));
    };
    const statements = await countStatements(() => signIn(stage, { memberNumber: 'unknown', postcode: 'x' }));
    const results = [
      await compare('wrong / unknown', [wrong, unknown]),
      await compare('right without a second factor / unknown', [bare, unknown]),
      await compare('right without a code / wrong', [right, wrong], null),
    ];
    await lock([...wrong, ...unknown]);
    return [
      ...results,
      await compare('locked, known / locked, unknown', [wrong, unknown]),
      { name: 'SQL statements of a wrong login by fields, the first', ratio: statements, bound: 6 },
    ];
  } finally {
    await stage.stop();
  }
}
