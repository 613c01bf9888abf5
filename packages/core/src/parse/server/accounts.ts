import { verifiedFieldOf } from '../../account/verified-field.js';
import type { EnrolmentRecord } from '../../account/records/enrolment-record.js';
import type { Accounts, AccountState, StagedSave } from '../../account/ports.js';
import type { RecordChanges, RecordPlan, StoredRecords } from '../../account/records/record-plan.js';
import { FactorError } from '../../error/factor-error.js';
import { findRows } from '../database/find-rows.js';
import type { ParseRow } from '../database/parse-database.js';
import type { HookConfig } from '../parse-types.js';
import { endLockout, updateUser } from './update-user.js';
import { isPassword } from './check-password.js';
import { emptiesAuthData } from '../versions.js';
import { commit, isNotFound } from '../writes/conditional-update.js';
import { preparingSave } from '../writes/save-scope.js';
import { RequestWrites } from '../writes/request-writes.js';
import { findAccount, findAccounts, getAccount, toAccount } from './user-rows.js';

/** The users of the application, for one request. Rows are read with full access, and without the password's hash. */
export class ParseAccounts implements Accounts {
  readonly #config: HookConfig;

  constructor(config: HookConfig) {
    this.#config = config;
  }

  find(userId: string): Promise<AccountState | undefined> {
    return findAccount(this.#config, userId);
  }

  get(userId: string): Promise<AccountState> {
    return getAccount(this.#config, userId);
  }

  findBy(fields: ParseRow, limit: number): Promise<readonly AccountState[]> {
    return findAccounts(this.#config, fields, limit);
  }

  async findByEmail(email: string): Promise<readonly AccountState[]> {
    return (await findRows(this.#config.database, '_User', { email }, { limit: 10, caseInsensitive: true })).map(toAccount);
  }

  async list(after: string, limit: number): Promise<readonly AccountState[]> {
    const query = after === '' ? {} : { objectId: { $gt: after } };
    const rows = await findRows(this.#config.database, '_User', query, { limit, sort: { objectId: 1 } });
    return rows.map(toAccount);
  }

  count(): Promise<number> {
    // Without a condition, Postgres only estimates, and says 0 for a table that it has not analysed yet.
    const all = { objectId: { $exists: true } };
    return this.#config.database.find('_User', all, { count: true, readPreference: 'PRIMARY' });
  }

  async findLinked(key: string, id: string): Promise<AccountState | undefined> {
    return (await findAccounts(this.#config, { [`authData.${key}.id`]: id }, 1))[0];
  }

  async hasPassword(userId: string): Promise<boolean> {
    const [row] = await findRows(this.#config.database, '_User', { objectId: userId }, { limit: 1 });
    return row === undefined || row['password'] !== undefined || row['_hashed_password'] !== undefined;
  }

  commit(account: AccountState, plan: RecordPlan): Promise<RecordChanges> {
    return commit({ config: this.#config, account }, plan);
  }

  stage(save: StagedSave, id?: string): EnrolmentRecord {
    return RequestWrites.of(this.#config).staged.stage(save, id);
  }

  stageWith(field: string, save: StagedSave): void {
    const column = field === 'password' ? '_hashed_password' : field;
    RequestWrites.of(this.#config).staged.stageWith(save, (update) => Object.hasOwn(update, column));
  }

  stageWithOther(field: string, expected: unknown, save: StagedSave): void {
    RequestWrites.of(this.#config).staged.stageWith(
      save,
      (update) => Object.hasOwn(update, field) && (update[field] ?? null) !== expected && update[verifiedFieldOf(field)] !== true,
    );
  }

  async write(field: string, value: unknown, save: StagedSave): Promise<boolean> {
    let isChecked = false;
    const before = async (): Promise<void> => {
      await save.before?.();
      isChecked = true;
    };
    try {
      await preparingSave(async () => {
        const fields = field === 'password' ? save.fields : { ...save.fields, [field]: value };
        this.stageWith(field, { ...save, ...(fields !== undefined && { fields }), before });
        await updateUser(this.#config, save.userId, { [field]: value });
      });
    } catch (fault) {
      if (isChecked && save.where !== undefined && isNotFound(fault)) return false;
      throw fault;
    }
    // Nothing was written, such as where a trigger of the application has taken the field out.
    if (!isChecked) throw new FactorError('unavailable');
    if (field === 'password') await endLockout(this.#config, save.userId);
    return true;
  }

  isPassword(account: AccountState | undefined, password: string): Promise<boolean> {
    return isPassword(this.#config, account, password);
  }

  preview(userId: string, sent: StoredRecords, stored: StoredRecords): StoredRecords {
    return RequestWrites.of(this.#config).staged.preview(userId, sent, stored);
  }

  decideProviders(account: AccountState, decided: StoredRecords): void {
    RequestWrites.of(this.#config).staged.decideProviders(account, decided);
  }

  get verifiesEmails(): boolean {
    return (this.#config.verifyUserEmails ?? false) !== false;
  }

  get losesAllOnRemoval(): boolean {
    return emptiesAuthData(this.#config);
  }
}
