import { type EnrolmentRecord, markOf } from '../../account/enrolment-record.js';
import { storedAmong } from '../../account/factor-roles.js';
import type { AccountState } from '../../account/ports.js';
import type { RecordChanges, StoredRecords } from '../../account/record-plan.js';
import type { Runtime } from '../../account/runtime.js';
import { FactorError } from '../../error/factor-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import { UserFactor } from '../user-factor.js';
import { type AdminCall, type BatchReport, forBatch } from './user-batch.js';

/** What becomes of one user. */
export interface MovePlan {
  /** By the key of a factor: what it is to take over. */
  readonly into: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Something that the administrator is to know, in a word; nothing by default. Never a secret or an address. */
  readonly note?: string;
}

/** Whom to move, and where. */
export interface MoveOptions<Enrolment extends object> {
  /** The key of the factor that users are moved from. */
  readonly from: string;
  /**
   * What the other factors are to take over of an enrolment.
   *
   * @param now the time in epoch milliseconds
   */
  readonly plan: (enrolment: Enrolment, now: number) => MovePlan;
}

/** What has become of one user, or would. */
export interface MovedUser {
  /** The `objectId`. */
  readonly userId: string;
  /**
   * `moved`; `dropped`, as it was never confirmed; or `left` as it was: `unreadable` where it does not open, `taken`
   * where the user has set up the other factor by himself, `changed` where he has changed his meanwhile, `no_factor`
   * where none is there to take it, or the error of the one that was to.
   */
  readonly outcome: 'moved' | 'dropped' | 'left';
  /** The keys of the factors that he has in its place. */
  readonly to: readonly string[];
  /** Why he was left, or the plan's note; empty when there is nothing to say. */
  readonly reason: string;
}

/** A batch of users. */
export interface MoveReport extends BatchReport {
  /** Those who have the factor. */
  readonly users: readonly MovedUser[];
}

/** Moves a batch of users from one factor to others. */
export function migrateUsers<Enrolment extends object>(
  runtime: Runtime,
  call: AdminCall,
  { from, plan }: MoveOptions<Enrolment>,
): Promise<MoveReport> {
  return forBatch(call, async (batch, apply) => {
    if (!Object.hasOwn(runtime.factors, from)) throw new FactorError('invalid_input');
    const users: MovedUser[] = [];
    for (const account of batch) {
      const migration = new UserMigration<Enrolment>(runtime, call, account, from);
      if (migration.hasRecord) users.push(await migration.move(plan, apply));
    }
    return { users };
  });
}

/** Why a user is left as he was. */
class Left extends Error {}

class UserMigration<Enrolment extends object> {
  constructor(
    private readonly runtime: Runtime,
    private readonly call: AdminCall,
    private readonly account: AccountState,
    private readonly from: string,
  ) {}

  get hasRecord(): boolean {
    return this.#isUnconfirmed || this.#record !== undefined;
  }

  async move(plan: MoveOptions<Enrolment>['plan'], apply: boolean): Promise<MovedUser> {
    const userId = this.account.id;
    try {
      const isDropped = this.#isUnconfirmed;
      const { into, note = '' } = isDropped ? { into: {} } : plan(this.#open(), this.runtime.clock());
      const records = this.#records(into);
      const to = Object.keys(records);
      if (to.length === 0 && !isDropped) throw new Left('no_factor');
      if (apply) await this.#store(records);
      return { userId, outcome: isDropped ? 'dropped' : 'moved', to, reason: note };
    } catch (fault) {
      // A fault of the database ends the batch: what is done is done, and the next run goes on from there.
      const reason = fault instanceof Left ? fault.message : fault instanceof FactorError ? fault.code : 'unavailable';
      if (reason === 'unavailable') throw fault;
      return { userId, outcome: 'left', to: [], reason };
    }
  }

  get #record(): unknown {
    return this.account.stored[this.from] ?? undefined;
  }

  /** Nobody has ever confirmed what is stored. */
  get #isUnconfirmed(): boolean {
    return this.account.unconfirmed.includes(this.from);
  }

  #open(): Enrolment {
    try {
      return this.#scope(this.from).enrolment.enrolment as Enrolment;
    } catch {
      throw new Left('unreadable');
    }
  }

  #records(into: MovePlan['into']): Readonly<Record<string, EnrolmentRecord>> {
    const keys = Object.keys(into);
    if (storedAmong(this.account.stored, keys).length > 0) throw new Left('taken');
    const records = keys.map((key) => {
      const enrolment = this.runtime.factors[key]?.importer?.importEnrolment(into[key] ?? {});
      if (enrolment === undefined) throw new Left('no_factor');
      return [key, this.#scope(key).seal(enrolment)] as const;
    });
    return Object.fromEntries(records);
  }

  async #store(records: Readonly<Record<string, EnrolmentRecord>>): Promise<void> {
    const read = markOf(this.#record);
    const decide = (stored: StoredRecords): RecordChanges => {
      const isSame = this.#isUnconfirmed || markOf(stored[this.from]) === read;
      if (!isSame || storedAmong(stored, Object.keys(records)).length > 0) throw new Left('changed');
      return { [this.from]: null, ...records };
    };
    await this.call.server.accounts.commit(this.account, { decide });
    // What has been used at logins stays used: one may be under way that has read the record before.
    emitter(this.from, this.runtime, this.call, this.account)({ type: 'moved', reason: Object.keys(records).join(' ') });
  }

  #scope(key: string): UserFactor<object> {
    return new UserFactor(key, this.runtime, this.call, this.account);
  }
}
