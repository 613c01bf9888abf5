import type { EnrolmentRecord } from '../../account/records/enrolment-record.js';
import { EnrolmentSealer } from '../../account/records/enrolment-sealer.js';
import type { AccountState, Server } from '../../account/ports.js';
import type { StoredRecords } from '../../account/records/record-plan.js';
import type { Runtime } from '../../account/runtime.js';
import { FactorError } from '../../error/factor-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import { asObject } from '../../validation/json-object.js';
import { type AdminCall, type BatchReport, forBatch } from './user-batch.js';

/** Counts of records, by the key of the factor that they belong to. */
export type RecordCounts = Readonly<Record<string, number>>;

/** A record that could not be opened. It was left as it is. */
export interface UnreadableRecord {
  /** The `objectId` of the record's user. */
  readonly userId: string;
  /** The key of the record's factor in `auth`. */
  readonly factor: string;
  /**
   * Why the record does not open:
   *
   * - `unknown_key`: the server does not have the key that sealed it.
   * - `mismatch`: it was sealed for another application id, user or factor, or it was changed.
   * - `not_sealed`: another adapter has written it, and the factor does not import it.
   * - `not_configured`: `auth` has no factor under the record's key.
   */
  readonly reason: 'unknown_key' | 'mismatch' | 'not_sealed' | 'not_configured';
  /** The name of the key that sealed the record; left out for unsealed records. */
  readonly keyName?: string;
}

/** How the records of a batch of users are stored when the batch is done. */
export interface ResealReport extends BatchReport {
  /** Counts of records by the name of the key that seals them. Every key of the server is listed. */
  readonly keys: Readonly<Record<string, RecordCounts>>;
  /** Counts of records that are sealed for a former application id, by that id. */
  readonly formerAppIds: Readonly<Record<string, RecordCounts>>;
  /** Counts of unsealed records: another adapter has written them, and a factor imports them. */
  readonly unsealed: RecordCounts;
  /** Counts of records that were resealed, or would be resealed without `apply`. */
  readonly resealed: RecordCounts;
  /** The records that do not open with the server's keys. */
  readonly unreadable: readonly UnreadableRecord[];
}

/** How one record is stored, and what replaces it. */
interface RecordLook {
  readonly factor: string;
  readonly keyName: string | undefined;
  readonly formerAppId?: string | undefined;
  readonly sealedAnew?: EnrolmentRecord;
  readonly unreadable?: UnreadableRecord['reason'];
}

/** Reseals the records of a batch of users under the newest key and the present application id, and counts records by key. */
export function resealUsers(runtime: Runtime, call: AdminCall): Promise<ResealReport> {
  return forBatch(call, async (users, apply) => {
    const count = new RecordCount(runtime, apply);
    for (const account of users) {
      for (const look of await resealUser(runtime, call.server, account, apply)) count.add(account.id, look);
    }
    const written = apply ? total(count.report.resealed) : 0;
    if (written > 0) emitter('', runtime, call, undefined)({ type: 'resealed', reason: String(written) });
    return count.report;
  });
}

/** Reseals all records of one user in one statement. If the user changes a record meanwhile, all are read again. */
async function resealUser(
  runtime: Runtime,
  server: Server,
  account: AccountState,
  apply: boolean,
): Promise<readonly RecordLook[]> {
  let looks: readonly RecordLook[] = [];
  const decide = (stored: StoredRecords): Readonly<Record<string, EnrolmentRecord>> => {
    looks = Object.entries(stored).flatMap(([key, record]) => lookAt(runtime, server, { account, key, record }) ?? []);
    return Object.fromEntries(looks.flatMap(({ factor, sealedAnew }) => (sealedAnew ? [[factor, sealedAnew]] : [])));
  };
  try {
    if (apply) await server.accounts.commit(account, { decide });
    else decide(account.stored);
    return looks;
  } catch (fault) {
    // The user was deleted meanwhile. A database fault ends the batch, and the next run continues from there.
    if (fault instanceof FactorError && fault.code === 'session_required') return [];
    throw fault;
  }
}

/** Returns how a record is stored; undefined when it belongs to no factor of ours. */
export function lookAt(
  runtime: Runtime,
  { appId, providers }: Pick<Server, 'appId' | 'providers'>,
  { account, key, record }: { readonly account: AccountState; readonly key: string; readonly record: unknown },
): RecordLook | undefined {
  const sealed = asObject(record)?.['sealed'];
  const keyName = typeof sealed === 'string' ? runtime.recordKeyring.keyNameOf(sealed) : undefined;
  const found = { factor: key, keyName };
  if (!Object.hasOwn(runtime.factors, key)) {
    // Another adapter of the server owns this record.
    return keyName === undefined || providers.includes(key) ? undefined : { ...found, unreadable: 'not_configured' };
  }
  if ((record ?? undefined) === undefined) return undefined;
  const owner = { appId, userId: account.id, key, createdAt: account.user.get('createdAt') };
  const records = new EnrolmentSealer(runtime, owner, runtime.factors[key]);
  const opened = unlessClosed(() => records.open(record));
  if (opened === undefined) {
    const isKnown = keyName !== undefined && runtime.recordKeyring.names.includes(keyName);
    return { ...found, unreadable: keyName === undefined ? 'not_sealed' : isKnown ? 'mismatch' : 'unknown_key' };
  }
  const { enrolment, isCurrent, formerAppId } = opened;
  return isCurrent ? found : { ...found, formerAppId, sealedAnew: records.seal(enrolment, record) };
}

function unlessClosed<Opened>(open: () => Opened): Opened | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}

type Counts = Map<string, number>;

/** Adds up the records of a batch. */
class RecordCount {
  readonly #keys: Map<string, Counts>;
  readonly #formerAppIds: Map<string, Counts>;
  readonly #unsealed: Counts = new Map();
  readonly #resealed: Counts = new Map();
  readonly #unreadable: UnreadableRecord[] = [];

  constructor(
    private readonly runtime: Runtime,
    private readonly apply: boolean,
  ) {
    this.#keys = new Map(runtime.recordKeyring.names.map((name) => [name, new Map()]));
    this.#formerAppIds = new Map(runtime.formerAppIds.map((appId) => [appId, new Map()]));
  }

  add(userId: string, { factor, keyName, formerAppId, sealedAnew, unreadable }: RecordLook): void {
    const isWritten = this.apply && sealedAnew !== undefined;
    const nowUnder = isWritten ? this.runtime.recordKeyring.names[0] : keyName;
    if (sealedAnew !== undefined) increment(this.#resealed, factor);
    if (nowUnder !== undefined) increment(countsOf(this.#keys, nowUnder), factor);
    else if (unreadable === undefined) increment(this.#unsealed, factor);
    if (formerAppId !== undefined && !isWritten) increment(countsOf(this.#formerAppIds, formerAppId), factor);
    if (unreadable !== undefined)
      this.#unreadable.push({ userId, factor, reason: unreadable, ...(keyName !== undefined && { keyName }) });
  }

  get report(): Omit<ResealReport, keyof BatchReport> {
    const toObject = (counts: Map<string, Counts>): Record<string, RecordCounts> =>
      Object.fromEntries([...counts].map(([name, byFactor]) => [name, Object.fromEntries(byFactor)]));
    return {
      keys: toObject(this.#keys),
      formerAppIds: toObject(this.#formerAppIds),
      unsealed: Object.fromEntries(this.#unsealed),
      resealed: Object.fromEntries(this.#resealed),
      unreadable: this.#unreadable,
    };
  }
}

function countsOf(groups: Map<string, Counts>, name: string): Counts {
  const counts: Counts = groups.get(name) ?? new Map();
  groups.set(name, counts);
  return counts;
}

const increment = (counts: Counts, factor: string): void => void counts.set(factor, (counts.get(factor) ?? 0) + 1);

const total = (counts: RecordCounts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
