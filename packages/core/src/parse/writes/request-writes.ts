import type { AccountState, StagedSave } from '../../account/ports.js';
import { changesOf, type StoredRecords } from '../../account/records/record-plan.js';
import { FactorError } from '../../error/factor-error.js';
import { asObject } from '../../validation/json-object.js';
import type { ParseDatabase, ParseRow } from '../database/parse-database.js';
import { assertNoTransaction } from '../database/parse-table.js';
import { type HookConfig, parseGlobal } from '../parse-types.js';
import { notesOf } from '../request-scope.js';
import { findAccounts } from '../server/user-rows.js';
import { carryOut, nullsFirst, type RecordStatement } from './conditional-update.js';
import { assertSessionsLast } from './ended-sessions.js';
import { asServerErrors, withSteps } from './save-steps.js';
import { assertUnkept, SessionChecks } from './session-checks.js';
import { fieldsOf, plansOf, StagedSaves } from './staged-saves.js';
import { type Create, placeGate, type Update, type WriteHandler } from './write-gate.js';
import { touchesProviders, type WriteChecks, WriteRules } from './write-rules.js';

/** A write that passed the rules: the row that it changes, and the staged saves that run with it. */
interface JudgedWrite {
  readonly userId: string;
  readonly saves: readonly StagedSave[];
  /** Conditions on the row that the same statement checks, before and after the changes of the saves. */
  readonly checks: WriteChecks;
  /** The other providers that are written. */
  readonly rest: StoredRecords;
  readonly account?: AccountState | undefined;
}

const OBJECT_NOT_FOUND = 101;

/**
 * Makes staged changes together with Parse Server's own write of an HTTP request, in one statement, or not at all.
 *
 * A hook decides long before Parse Server writes, and other checks may still refuse the request. A change that was neither
 * staged nor decided is refused; see {@link WriteRules}.
 *
 * Parse Server makes one database controller for each HTTP request. Through it, a write finds what was staged for it.
 */
export class RequestWrites {
  static readonly #all = new WeakMap<ParseDatabase, RequestWrites>();

  /** Handles the writes of all controllers, also in requests in which none of our hooks has run. */
  static readonly handler: WriteHandler = {
    update: (database, args, next) => RequestWrites.#at(database).#onUpdate(args, next),
    create: (database, args, next) => RequestWrites.#at(database).#onCreate(args, next),
  };

  /** What flows have staged and decided. */
  readonly staged: StagedSaves;
  /** What logins have armed for the sessions that they open. */
  readonly sessions: SessionChecks = new SessionChecks();
  #config: HookConfig;
  /** Whether any hook or trigger of ours has run in this request. */
  #hasRun = false;

  private constructor(config: HookConfig) {
    this.#config = config;
    this.staged = new StagedSaves(config.database);
  }

  /** Handles the writes of an HTTP request from now on, and notes that a hook or trigger of ours has run in it. */
  static watch(config: HookConfig): void {
    RequestWrites.of(config);
  }

  /** Returns the writes of an HTTP request, in which a hook or trigger of ours runs. */
  static of(config: HookConfig): RequestWrites {
    // A second copy of Parse Server may have been loaded since the last request.
    placeGate(config.database, RequestWrites.handler);
    const writes = RequestWrites.#at(config.database);
    writes.#config = config;
    writes.#hasRun = true;
    return writes;
  }

  static #at(database: ParseDatabase): RequestWrites {
    const writes = RequestWrites.#all.get(database) ?? new RequestWrites(configOf(database));
    RequestWrites.#all.set(database, writes);
    return writes;
  }

  async #onUpdate(args: Parameters<Update>, next: Update): Promise<unknown> {
    const [className, query, update, , , validateOnly] = args;
    if (className === '_Session') assertUnkept(update);
    if (className !== '_User' || validateOnly === true) return next(...args);
    this.sessions.wrote(String(query['objectId']), update['authData']);
    const judged = touchesProviders(update) ? await this.#judge(args, next) : withoutProviders(query);
    const { userId, checks, rest } = judged;
    const saves = [...judged.saves, ...this.staged.takeOthers(userId, update)];
    const isChecked = checks.others !== undefined || checks.ours !== undefined;
    if (saves.length === 0 && !isChecked) return next(...args);
    // Everything left is already stored, so there is nothing to write.
    if (saves.length === 0 && Object.keys(rest).length === 0 && Object.keys(update).join() === 'authData') return {};
    const work = (): Promise<unknown> => this.#write(args, next, { ...judged, saves });
    return saves.length > 0 ? withSteps(saves, work) : asServerErrors(work);
  }

  async #onCreate(args: Parameters<Create>, next: Create): Promise<unknown> {
    const [className, object, options, validateOnly, schema] = args;
    if (className === '_Session' && validateOnly !== true)
      return this.sessions.store(this.#config, object, (row) => next(className, row, options, validateOnly, schema));
    if (className !== '_User') return next(...args);
    const userId = String(object['objectId']);
    const sent = asObject(object['authData']) ?? {};
    if (validateOnly !== true) this.sessions.created(userId, sent);
    const saves = this.staged.savesIn('', sent);
    try {
      this.#assertNew(object, sent, validateOnly === true);
    } catch (fault) {
      throw this.#refusal(fault, undefined);
    }
    if (validateOnly === true || saves.length === 0) return next(...args);
    this.staged.take(sent);
    notesOf(this.#config, userId).methods = saves.flatMap((save) => save.methods ?? []);
    const changes = changesOf(plansOf(saves, userId), {});
    return withSteps(saves, async () => {
      Object.assign(object, { authData: { ...sent, ...changes } });
      return next(className, object, options, validateOnly, schema);
    });
  }

  /**
   * Checks a new row. Keys with dots are refused already when Parse Server validates it: after triggers, it would write them
   * as providers that no adapter has checked.
   *
   * @throws FactorError when the new row holds a change that was not decided
   */
  #assertNew(object: ParseRow, sent: StoredRecords, isValidated: boolean): void {
    if (!touchesProviders(object)) return;
    const rules = WriteRules.of(this.#config);
    rules.assertWhole(object);
    if (isValidated) return;
    if (object['authData'] !== null) rules.assertRecords(object);
    rules.assertNew(this.staged.unstaged('', sent));
  }

  /**
   * Finds what was staged and decided for a write, and reads the row if that is not enough.
   *
   * @throws Parse.Error when Parse Server itself refuses the write, or when the change was not decided
   */
  async #judge(args: Parameters<Update>, next: Update): Promise<JudgedWrite> {
    const [className, query, update, options] = args;
    try {
      const judged = await this.#judgeProviders(query, update, options);
      this.staged.take(asObject(update['authData']) ?? {}, judged.userId);
      // Parse Server includes this object in its reply, so the staged names are removed.
      if (judged.saves.length > 0) Object.assign(update, { authData: judged.rest });
      return judged;
    } catch (fault) {
      if (!(fault instanceof FactorError)) throw fault;
      // A client without write access to the row must not learn more: Parse Server's own refusal comes first.
      await next(className, rowIn(query), {}, options, true, true);
      throw this.#refusal(fault, query['objectId']);
    }
  }

  async #judgeProviders(query: ParseRow, update: ParseRow, options: object): Promise<JudgedWrite> {
    const rules = WriteRules.of(this.#config);
    rules.assertWhole(update);
    rules.assertRecords(update);
    const sent = asObject(update['authData']) ?? {};
    const { objectId } = query;
    const found =
      typeof objectId === 'string' || Object.keys(sent).length === 0 ? undefined : await this.#findRow(query, options);
    const userId = found?.id ?? String(objectId);
    const saves = this.staged.savesIn(userId, sent);
    const decision = this.staged.decisionFor(userId);
    const isTrusted = asObject(options)?.['acl'] === undefined;
    const write = { given: this.staged.unstaged(userId, sent), decided: decision?.providers ?? {}, isTrusted };
    const known = found ?? decision?.account ?? saves.find((save) => save.account !== undefined)?.account;
    if (!rules.needsRow(write)) return { userId, saves, checks: {}, rest: write.given, account: known };
    const account = known ?? (await this.#findRow(query, options));
    const checks = rules.checks(write, account.stored);
    // Refuse early, before a step of a staged save runs, what the stored records do not allow.
    changesOf(
      [checks.others, ...plansOf(saves), checks.ours].filter((plan) => plan !== undefined),
      account.stored,
    );
    return { userId, saves, checks, rest: rules.withoutEchoes(write.given), account };
  }

  /** Reads the one row that a write addresses. Inside a transaction this is refused, as it would take a second connection. */
  async #findRow(query: ParseRow, options: object): Promise<AccountState> {
    assertNoTransaction(this.#config.database);
    const { many, upsert } = (asObject(options) ?? {}) as { readonly many?: boolean; readonly upsert?: boolean };
    const [account, another] = await findAccounts(this.#config, rowIn(query), 2);
    if (account === undefined) throw new (parseGlobal().Error)(OBJECT_NOT_FOUND, 'Object not found.');
    if (another !== undefined || many === true || upsert === true) throw new FactorError('invalid_input');
    return account;
  }

  async #write(args: Parameters<Update>, next: Update, { userId, saves, checks, rest, account }: JudgedWrite): Promise<unknown> {
    const [className, query, update, ...others] = args;
    const staged = fieldsOf(saves);
    let last: RecordStatement | undefined;
    const write = (statement: RecordStatement): Promise<unknown> => {
      const { conditions, changes, kept } = (last = statement);
      const isOther = (field: string): boolean => !Object.keys(changes).some((key) => field.startsWith(`authData.${key}.`));
      const where = Object.fromEntries(Object.entries(query).filter(([field]) => isOther(field)));
      const authData = nullsFirst({ ...kept, ...rest, ...changes });
      const isOnlyOther = update['authData'] === undefined && Object.keys(authData).length === 0;
      const written = isOnlyOther ? update : { ...update, authData };
      return next(className, { ...where, ...conditions, ...staged.where }, { ...written, ...staged.fields }, ...others);
    };
    const plans = [checks.others, ...plansOf(saves), checks.ours].filter((plan) => plan !== undefined);
    if (plans.length === 0) return write({ conditions: {}, changes: {}, before: {}, kept: {} });
    const known = account ?? saves.find((save) => save.account !== undefined)?.account;
    const bySession = saves.some((save) => save.bySession === true);
    const result = await carryOut({ config: this.#config, userId, account: known, bySession }, plans, write);
    await assertSessionsLast(this.#config, saves, last);
    return result;
  }

  /** Turns a refusal into a `Parse.Error`. If none of our hooks has run in the request, an event asks to check the triggers. */
  #refusal(fault: unknown, userId: unknown): unknown {
    if (!(fault instanceof FactorError)) return fault;
    const [set] = WriteRules.of(this.#config).sets;
    if (!this.#hasRun && set !== undefined) {
      set.emitUndecided(this.#config, typeof userId === 'string' ? userId : undefined);
    }
    return new (parseGlobal().Error)(fault.parseCode, fault.message);
  }
}

/** A write that changes no provider. */
const withoutProviders = ({ objectId }: ParseRow): JudgedWrite => ({
  userId: typeof objectId === 'string' ? objectId : '',
  saves: [],
  checks: {},
  rest: {},
});

/** Returns the part of a query that identifies the row, without conditions on providers. */
const rowIn = (query: ParseRow): ParseRow =>
  Object.fromEntries(Object.entries(query).filter(([field]) => !field.startsWith('authData.')));

/** Returns the configuration that a controller was made for: that of a request, or the server's options. */
function configOf(database: ParseDatabase): HookConfig {
  const options = database.options as HookConfig | undefined;
  return options?.database === undefined ? ({ ...options, database } as HookConfig) : options;
}
