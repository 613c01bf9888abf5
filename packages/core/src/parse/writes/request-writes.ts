import { randomUUID } from 'node:crypto';
import type { EnrolmentRecord } from '../../account/enrolment-record.js';
import type { AccountState, NewSession, StagedSave } from '../../account/ports.js';
import { changesOf, type RecordPlan, type StoredRecords } from '../../account/record-plan.js';
import { everyStep } from '../../error/every-step.js';
import { FactorError } from '../../error/factor-error.js';
import { asObject } from '../../validation/json-object.js';
import type { ParseDatabase, ParseRow } from '../database/parse-database.js';
import { assertNoTransaction } from '../database/parse-table.js';
import { withParseErrors } from '../parse-errors.js';
import { type HookConfig, parseGlobal } from '../parse-types.js';
import { findAccount, findAccounts } from '../server/user-rows.js';
import { carryOut, nullsFirst, type RecordStatement } from './conditional-update.js';
import { type Create, placeGate, type Update, type WriteHandler } from './write-gate.js';
import { type DecidedProviders, touchesProviders, type WriteChecks, WriteRules } from './write-rules.js';

/** Runs after a session was stored. If it throws, the login is refused. */
export type SessionCheck = (session: NewSession) => Promise<void>;

/** Whether a staged save belongs to an update. */
type Belongs = (update: ParseRow) => boolean;

interface OtherSave {
  readonly save: StagedSave;
  readonly belongs: Belongs;
}

/** A flow's decision about a user's other providers, and the account that it has read. */
interface Decision {
  readonly providers: DecidedProviders;
  readonly account?: AccountState | undefined;
}

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

/** How long a login's check is kept, in milliseconds, when Parse Server uses one database controller for all requests. */
const LOGIN_MS = 60_000;

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

  readonly #staged = new Map<string, StagedSave>();
  readonly #others: OtherSave[] = [];
  readonly #decisions = new Map<string, Decision>();
  readonly #logins = new Map<string, { readonly check: SessionCheck; readonly until: number }[]>();
  #config: HookConfig;
  /** Whether any hook or trigger of ours has run in this request. */
  #hasRun = false;

  private constructor(config: HookConfig) {
    this.#config = config;
  }

  /** Returns the writes of an HTTP request. */
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

  /**
   * Stages a change, and returns the value that Parse Server writes in place of the record. The write that holds that value
   * makes the change, so each write of a batch takes what its own hooks have staged.
   *
   * @param id the id by which Parse Server finds the user, if the record has one
   * @throws FactorError `invalid_input` in a transaction, where the steps after a write would run before its end
   */
  stage(save: StagedSave, id?: string): EnrolmentRecord {
    assertNoTransaction(this.#config.database);
    const staged = `${OURS}/${randomUUID()}`;
    this.#staged.set(staged, save);
    return { ...(id !== undefined && { id }), staged };
  }

  /** Stages a change for the user's next write for which `belongs` returns true. */
  stageWith(save: StagedSave, belongs: Belongs): void {
    this.#others.push({ save, belongs });
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

  /** Returns the user's records as a later write with these values will leave them. */
  preview(userId: string, sent: StoredRecords, stored: StoredRecords): StoredRecords {
    return { ...stored, ...changesOf(plansOf(this.#savesIn(userId, sent)), stored) };
  }

  /** Whether a value was staged in this request, for this user. */
  isStaged(userId: string, value: unknown): boolean {
    return this.#staged.get(tokenOf(value))?.userId === userId;
  }

  /** Checks the user's next sessions: those that logins of this request open. */
  onSession(userId: string, check: SessionCheck): void {
    const { database } = this.#config;
    const isShared = (database.options ?? this.#config) !== this.#config;
    const until = isShared ? Date.now() + LOGIN_MS : Infinity;
    const before = isShared ? [] : (this.#logins.get(userId) ?? []);
    this.#logins.set(userId, [...before, { check, until }]);
  }

  #savesIn(userId: string, sent: StoredRecords): StagedSave[] {
    const saves = Object.values(sent).map((value) => this.#staged.get(tokenOf(value)));
    return saves.filter((save) => save !== undefined).filter((save) => save.userId === userId);
  }

  async #onUpdate(args: Parameters<Update>, next: Update): Promise<unknown> {
    const [className, query, update, , , validateOnly] = args;
    if (className !== '_User' || validateOnly === true) return next(...args);
    const judged = touchesProviders(update) ? await this.#judge(args, next) : withoutProviders(query);
    const { userId, checks, rest } = judged;
    const saves = [...judged.saves, ...this.#takeOthers(userId, update)];
    const isChecked = checks.others !== undefined || checks.ours !== undefined;
    if (saves.length === 0 && !isChecked) return next(...args);
    // Everything left is already stored, so there is nothing to write.
    if (saves.length === 0 && Object.keys(rest).length === 0 && Object.keys(update).join() === 'authData') return {};
    const work = (): Promise<unknown> => this.#write(args, next, { ...judged, saves });
    return saves.length > 0 ? inTurn(saves, work) : asServerErrors(work);
  }

  async #onCreate(args: Parameters<Create>, next: Create): Promise<unknown> {
    const [className, object, options, validateOnly, schema] = args;
    if (className === '_Session' && validateOnly !== true) return this.#openSession(args, next);
    if (className !== '_User') return next(...args);
    const sent = asObject(object['authData']) ?? {};
    const saves = this.#savesIn('', sent);
    try {
      this.#assertNew(object, sent, validateOnly === true);
    } catch (fault) {
      throw this.#refusal(fault, undefined);
    }
    if (validateOnly === true || saves.length === 0) return next(...args);
    this.#take(sent);
    const changes = changesOf(plansOf(saves), {});
    return inTurn(saves, async () => {
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
    rules.assertNew(this.#unstaged('', sent));
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
      this.#take(asObject(update['authData']) ?? {});
      this.#decisions.delete(judged.userId);
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
    const saves = this.#savesIn(userId, sent);
    const decision = this.#decisions.get(userId);
    const isTrusted = asObject(options)?.['acl'] === undefined;
    const write = { given: this.#unstaged(userId, sent), decided: decision?.providers ?? {}, isTrusted };
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

  #write(args: Parameters<Update>, next: Update, { userId, saves, checks, rest, account }: JudgedWrite): Promise<unknown> {
    const [className, query, update, ...others] = args;
    const write = ({ conditions, changes, kept }: RecordStatement): Promise<unknown> => {
      const isOther = (field: string): boolean => !Object.keys(changes).some((key) => field.startsWith(`authData.${key}.`));
      const where = Object.fromEntries(Object.entries(query).filter(([field]) => isOther(field)));
      const authData = nullsFirst({ ...kept, ...rest, ...changes });
      const isOnlyOther = update['authData'] === undefined && Object.keys(authData).length === 0;
      const written = isOnlyOther ? update : { ...update, authData };
      return next(className, { ...where, ...conditions }, written, ...others);
    };
    const plans = [checks.others, ...plansOf(saves), checks.ours].filter((plan) => plan !== undefined);
    if (plans.length === 0) return write({ conditions: {}, changes: {}, kept: {} });
    const known = account ?? saves.find((save) => save.account !== undefined)?.account;
    const bySession = saves.some((save) => save.bySession === true);
    return carryOut({ config: this.#config, userId, account: known, bySession }, plans, write);
  }

  /** Turns a refusal into a `Parse.Error`. If none of our hooks has run in the request, an event asks to check the triggers. */
  #refusal(fault: unknown, userId: unknown): unknown {
    if (!(fault instanceof FactorError)) return fault;
    const [set] = WriteRules.of(this.#config).sets;
    if (!this.#hasRun && set !== undefined) {
      const who = typeof userId === 'string' ? userId : undefined;
      set.emitUndecided(this.#config, who);
    }
    return new (parseGlobal().Error)(fault.parseCode, fault.message);
  }

  async #openSession(args: Parameters<Create>, next: Create): Promise<unknown> {
    const [, object] = args;
    const userId = String(asObject(object['user'])?.['objectId']);
    const created = await next(...args);
    let read: Promise<AccountState | undefined> | undefined;
    const account = (): Promise<AccountState | undefined> => (read ??= findAccount(this.#config, userId));
    const session = { userId, token: String(object['sessionToken']), account };
    for (const { check, until } of this.#logins.get(userId) ?? []) if (Date.now() < until) await check(session);
    return created;
  }

  /** Returns the values that were not staged for this user. */
  #unstaged(userId: string, sent: StoredRecords): StoredRecords {
    return Object.fromEntries(Object.entries(sent).filter(([, value]) => !this.isStaged(userId, value)));
  }

  #take(sent: StoredRecords): void {
    for (const value of Object.values(sent)) this.#staged.delete(tokenOf(value));
  }

  #takeOthers(userId: string, update: ParseRow): StagedSave[] {
    const isTaken = ({ save, belongs }: OtherSave): boolean => save.userId === userId && belongs(update);
    const taken = this.#others.filter(isTaken);
    for (const other of taken) this.#others.splice(this.#others.indexOf(other), 1);
    return taken.map(({ save }) => save);
  }
}

/** Runs the steps before a write, the write, and the steps after it. */
async function inTurn<Result>(saves: readonly StagedSave[], write: () => Promise<Result>): Promise<Result> {
  const result = await prepared(saves, write);
  await everyStep(
    saves.toReversed().map(
      ({ after, emit }) =>
        () =>
          withParseErrors(emit, async () => after?.()),
    ),
  );
  return result;
}

/** Runs the steps before a write, and the write. If the write fails, it undoes those steps. */
function prepared<Result>(saves: readonly StagedSave[], write: () => Promise<Result>): Promise<Result> {
  const [first, ...others] = saves;
  if (first === undefined) return write();
  return withParseErrors(first.emit, async () => {
    await first.before?.();
    try {
      return await prepared(others, write);
    } catch (fault) {
      await first.undo?.();
      throw fault;
    }
  });
}

/** Turns errors of plans into `Parse.Error`. Parse Server's own errors pass unchanged. */
async function asServerErrors<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (fault) {
    throw fault instanceof FactorError ? new (parseGlobal().Error)(fault.parseCode, fault.message) : fault;
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

/** Copies an account as it was read, as triggers of the application may change its object later. */
function snapshotOf(account: AccountState): AccountState {
  const { id, user } = account;
  const authData = user.get('authData');
  return { ...account, user: { id, get: (field) => (field === 'authData' ? authData : user.get(field)) } };
}

const plansOf = (saves: readonly StagedSave[]): RecordPlan[] => saves.flatMap(({ plan }) => plan ?? []);

/** A random prefix of staged values. Clients never see it, so they cannot forge a staged value (CWE-345). */
const OURS = randomUUID();

/** Returns the name of a staged value; empty for any other value. */
function tokenOf(value: unknown): string {
  const staged = asObject(value)?.['staged'];
  return typeof staged === 'string' && staged.startsWith(OURS) ? staged : '';
}
