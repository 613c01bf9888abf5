import { randomUUID } from 'node:crypto';
import type { EnrolmentRecord } from '../../account/records/enrolment-record.js';
import type { AccountState, StagedSave } from '../../account/ports.js';
import { changesOf, type RecordPlan, type StoredRecords } from '../../account/records/record-plan.js';
import { asObject } from '../../validation/json-object.js';
import type { ParseDatabase, ParseRow } from '../database/parse-database.js';
import { assertNoTransaction } from '../database/parse-table.js';
import { currentSave } from './save-scope.js';
import type { DecidedProviders } from './write-rules.js';

/** Whether a staged save belongs to an update. */
type Belongs = (update: ParseRow) => boolean;

interface OtherSave {
  /** The save that it was staged in; see {@link currentSave}. */
  readonly scope: object | undefined;
  readonly save: StagedSave;
  readonly belongs: Belongs;
}

/** A flow's decision about a user's other providers, and the account that it has read. */
interface Decision {
  readonly providers: DecidedProviders;
  readonly account?: AccountState | undefined;
}

/** What flows have staged and decided in one HTTP request, until a write takes it. */
export class StagedSaves {
  readonly #database: ParseDatabase;
  readonly #staged = new Map<string, StagedSave>();
  readonly #others: OtherSave[] = [];
  readonly #decisions = new Map<string, Decision>();

  constructor(database: ParseDatabase) {
    this.#database = database;
  }

  /**
   * Stages a change, and returns the value that Parse Server writes in place of the record. The write that holds that value
   * makes the change, so each write of a batch takes what its own hooks have staged.
   *
   * @param id the id by which Parse Server finds the user, if the record has one
   * @throws FactorError `invalid_input` in a transaction, where the steps after a write would run before its end
   */
  stage(save: StagedSave, id?: string): EnrolmentRecord {
    assertNoTransaction(this.#database);
    const staged = `${OURS}/${randomUUID()}`;
    this.#staged.set(staged, save);
    return { ...(id !== undefined && { id }), staged };
  }

  /** Stages a change for the user's next write for which `belongs` returns true. */
  stageWith(save: StagedSave, belongs: Belongs): void {
    this.#others.push({ save, belongs, scope: currentSave() });
  }

  /**
   * Decides what the user's next write may store of other providers, on an account with factors. Without a decision, each
   * keeps its stored id.
   *
   * @param decided the record to store by provider, null to unlink it
   * @param account the account as it was read; saves another read
   */
  decideProviders(account: AccountState, decided: DecidedProviders): void {
    this.#decisions.set(account.id, { providers: { ...decided }, account: snapshotOf(account) });
  }

  /** Returns the decision about a user's other providers; undefined for none. */
  decisionFor(userId: string): Decision | undefined {
    return this.#decisions.get(userId);
  }

  /** Returns the user's records as a later write with these values will leave them. */
  preview(userId: string, sent: StoredRecords, stored: StoredRecords): StoredRecords {
    return { ...stored, ...changesOf(plansOf(this.savesIn(userId, sent)), stored) };
  }

  /** Returns the saves that were staged for this user as these values. */
  savesIn(userId: string, sent: StoredRecords): StagedSave[] {
    const saves = Object.values(sent).map((value) => this.#staged.get(tokenOf(value)));
    return saves.filter((save) => save !== undefined).filter((save) => save.userId === userId);
  }

  /** Returns the values that were not staged for this user. */
  unstaged(userId: string, sent: StoredRecords): StoredRecords {
    const isStaged = (value: unknown): boolean => this.#staged.get(tokenOf(value))?.userId === userId;
    return Object.fromEntries(Object.entries(sent).filter(([, value]) => !isStaged(value)));
  }

  /** Ends what was staged as these values, and decided about the user: a write has taken it. */
  take(sent: StoredRecords, userId?: string): void {
    for (const value of Object.values(sent)) this.#staged.delete(tokenOf(value));
    if (userId !== undefined) this.#decisions.delete(userId);
  }

  /** Returns and ends the saves of a user that belong to an update. */
  takeOthers(userId: string, update: ParseRow): StagedSave[] {
    const isTaken = ({ save, belongs, scope }: OtherSave): boolean =>
      scope === currentSave() && save.userId === userId && belongs(update);
    const taken = this.#others.filter(isTaken);
    for (const other of taken) this.#others.splice(this.#others.indexOf(other), 1);
    return taken.map(({ save }) => save);
  }
}

/**
 * Returns the plans of saves, in their order.
 *
 * @param created the id of the user whom the write creates
 */
export const plansOf = (saves: readonly StagedSave[], created?: string): RecordPlan[] =>
  saves.flatMap(({ plan, planFor }) => plan ?? (created === undefined ? undefined : planFor?.(created)) ?? []);

/** Returns the fields that the row must still have for saves, and those that their write adds, as Parse Server takes them. */
export function fieldsOf(saves: readonly StagedSave[]): { readonly where: ParseRow; readonly fields: ParseRow } {
  const where: ParseRow = Object.assign({}, ...saves.map((save) => save.where));
  const fields: ParseRow = Object.assign({}, ...saves.map((save) => save.fields));
  return { where, fields: fields['emailVerified'] === true ? { ...fields, ...NO_TOKEN } : fields };
}

const GONE = { __op: 'Delete' };

/** What Parse Server writes besides when its own link has verified an email. With a `beforeSave`, it drops these from saves. */
const NO_TOKEN: ParseRow = { _email_verify_token: GONE, _email_verify_token_expires_at: GONE };

/** Copies an account as it was read, as triggers of the application may change its object later. */
function snapshotOf(account: AccountState): AccountState {
  const { id, user } = account;
  const authData = user.get('authData');
  return { ...account, user: { id, get: (field) => (field === 'authData' ? authData : user.get(field)) } };
}

/** A random prefix of staged values. Clients never see it, so they cannot forge a staged value (CWE-345). */
const OURS = randomUUID();

/** Returns the name of a staged value; empty for any other value. */
function tokenOf(value: unknown): string {
  const staged = asObject(value)?.['staged'];
  return typeof staged === 'string' && staged.startsWith(OURS) ? staged : '';
}
