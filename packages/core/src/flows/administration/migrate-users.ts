import { type EnrolmentRecord, markOf } from '../../account/records/enrolment-record.js';
import { storedAmong } from '../../account/factor-roles.js';
import type { AccountState } from '../../account/ports.js';
import type { RecordChanges, StoredRecords } from '../../account/records/record-plan.js';
import type { Runtime } from '../../account/runtime.js';
import { FactorError } from '../../error/factor-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import { UserFactor } from '../user-factor.js';
import { type AdminCall, type BatchReport, forBatch } from './user-batch.js';

/** What to do with one user. */
export interface MovePlan {
  /** The data that each factor imports, by the factor's key. */
  readonly into: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** A short note for the administrator; none by default. Never put a secret or an address in it. */
  readonly note?: string;
}

/** Which users to move, and to which factors. */
export interface MoveOptions<Enrolment extends object> {
  /** The key of the factor that users are moved from. */
  readonly from: string;
  /**
   * Returns the data that the other factors import from an enrolment.
   *
   * @param now the time in epoch milliseconds
   */
  readonly plan: (enrolment: Enrolment, now: number) => MovePlan;
}

/** What happened to one user, or would happen without `apply`. */
export interface MovedUser {
  /** The `objectId`. */
  readonly userId: string;
  /**
   * What happened to the user:
   *
   * - `moved`: other factors have imported the enrolment.
   * - `dropped`: the enrolment was never confirmed, so it was removed.
   * - `left`: the user was not changed; `reason` says why.
   */
  readonly outcome: 'moved' | 'dropped' | 'left';
  /** The keys of the factors that the user has in its place. */
  readonly to: readonly string[];
  /**
   * Why the user was left, or the plan's note; empty for none. The reasons are:
   *
   * - `unreadable`: the record does not open.
   * - `taken`: the user has already set up the other factor.
   * - `changed`: the user changed their factors during the move.
   * - `no_factor`: no factor can import the enrolment.
   * - the error slug of the factor that was to import it.
   */
  readonly reason: string;
}

/** The report of one batch. */
export interface MoveReport extends BatchReport {
  /** The users of the batch that have the factor. */
  readonly users: readonly MovedUser[];
}

/** Moves a batch of users from one factor to others, each in one atomic step. */
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

/** Thrown to leave a user unchanged. Its message is the reason in the report. */
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
      // A database fault ends the batch. Users that are already moved stay moved, and the next run continues from there.
      const reason = fault instanceof Left ? fault.message : fault instanceof FactorError ? fault.code : 'unavailable';
      if (reason === 'unavailable') throw fault;
      return { userId, outcome: 'left', to: [], reason };
    }
  }

  get #record(): unknown {
    return this.account.stored[this.from] ?? undefined;
  }

  /** Whether the stored enrolment was never confirmed. */
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
    // Used codes stay marked as used: a login that read the old record may still be running, and could replay one.
    emitter(this.from, this.runtime, this.call, this.account)({ type: 'moved', reason: Object.keys(records).join(' ') });
  }

  #scope(key: string): UserFactor<object> {
    return new UserFactor(key, this.runtime, this.call, this.account);
  }
}
