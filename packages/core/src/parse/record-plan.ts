import { changesOf, type RecordChanges, type RecordPlan, type StoredRecords } from '../account/record-plan.js';
import { FactorError } from '../error/factor-error.js';
import type { FactorUser } from '../factor/context.js';
import { asObject } from '../validation/json-object.js';
import { noteWritten } from './login-trace.js';
import type { HookConfig } from './parse-types.js';
import { authDataOf, conditionsOf, emptiesAuthData, fetchUser, identitiesOf, isNotFound } from './parse-user.js';

/** Losing this many races for one row means that something else is wrong. */
const MAX_ROUNDS = 32;

/** One statement: what must still be stored, and what is then written. */
export interface RecordStatement {
  readonly conditions: Readonly<Record<string, unknown>>;
  readonly changes: RecordChanges;
  /** What stays and has to be written again, as Parse Server would remove it. */
  readonly kept: StoredRecords;
}

/** Whose records are meant. */
export interface RecordsPlace {
  readonly config: HookConfig;
  readonly userId: string;
  /** The row as it was read, which saves reading it. */
  readonly row?: FactorUser | undefined;
  /** Whether a session has asked for the change, and no login: it is one to the logins of the same request, too. */
  readonly bySession?: boolean;
}

/**
 * Carries plans out in one atomic statement. Where the records that they rest on have changed since they were read, it
 * reads the row again, and asks the plans again.
 *
 * @param write runs the statement; rejects with Parse's 101 when no row matches
 * @throws FactorError of a plan; `session_required` when the user is gone; `unavailable` when others keep changing the row
 */
export async function carryOut<Result>(
  { config, userId, row, bySession }: RecordsPlace,
  plans: readonly RecordPlan[],
  write: (statement: RecordStatement) => Promise<Result>,
): Promise<Result> {
  let user = row ?? (await fetchUser(config, userId));
  const basis = plans.flatMap((plan) => plan.basis ?? []);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const changes = changesOf(plans, authDataOf(user));
    const statement = statementFor(config, user, { changes, basis });
    try {
      const result = await write(statement);
      if (bySession !== true) noteWritten(config, userId, changes);
      return result;
    } catch (fault) {
      if (!isNotFound(fault)) throw fault;
      user = await fetchUser(config, userId);
      const { conditions } = statementFor(config, user, { changes, basis });
      // The records are as they were, so the row was refused for another reason, such as its ACL.
      if (JSON.stringify(conditions) === JSON.stringify(statement.conditions)) throw fault;
    }
  }
  throw new FactorError('unavailable');
}

/**
 * Carries a plan out at once.
 *
 * @throws FactorError of the plan; `session_required` when the user is gone; `unavailable`
 */
export async function commit(place: RecordsPlace, plan: RecordPlan): Promise<void> {
  const { config, userId } = place;
  try {
    await carryOut(place, [plan], async ({ conditions, changes, kept }) => {
      if (Object.keys(changes).length === 0) return;
      const authData = nullsFirst({ ...kept, ...changes });
      await config.database.update('_User', { objectId: userId, ...conditions }, { authData }, {}).catch((cause: unknown) => {
        throw isNotFound(cause) ? cause : new FactorError('unavailable', { cause });
      });
    });
  } catch (fault) {
    throw isNotFound(fault) ? new FactorError('unavailable', { cause: fault }) : fault;
  }
}

/** Where Parse Server empties all of `authData` for a null, what follows the null stays. */
export const nullsFirst = (authData: StoredRecords): StoredRecords =>
  Object.fromEntries(Object.entries(authData).toSorted(([, a], [, b]) => Number(b === null) - Number(a === null)));

function statementFor(
  config: HookConfig,
  user: FactorUser,
  { changes, basis }: { readonly changes: RecordChanges; readonly basis: readonly string[] },
): RecordStatement {
  const stored = asObject(user.get('authData')) ?? {};
  const keys = [...new Set([...basis, ...Object.keys(changes)])];
  const isRemoving = Object.values(changes).includes(null);
  if (!isRemoving || !emptiesAuthData(config)) return { conditions: conditionsOf(stored, keys), changes, kept: {} };
  // Parse Server empties all of `authData` here: what is to stay is written again, unless it has changed.
  const kept = Object.entries(stored).filter(([key, value]) => value !== null && !Object.hasOwn(changes, key));
  const others = [...Object.keys(config.auth ?? {}), ...Object.keys(stored), 'anonymous'].filter((key) => !keys.includes(key));
  const conditions = { ...identitiesOf(stored, others), ...conditionsOf(stored, keys) };
  return { conditions, changes, kept: Object.fromEntries(kept) };
}
