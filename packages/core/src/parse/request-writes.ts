import { randomUUID } from 'node:crypto';
import type { EnrolmentRecord } from '../account/enrolment-record.js';
import type { AccountState, NewSession, StagedSave } from '../account/ports.js';
import { changesOf, type RecordPlan, type StoredRecords } from '../account/record-plan.js';
import { everyStep } from '../error/every-step.js';
import { asObject } from '../validation/json-object.js';
import { carryOut, nullsFirst, type RecordStatement } from './conditional-update.js';
import type { ParseDatabase, ParseRow } from './database/parse-database.js';
import { assertNoTransaction } from './database/parse-table.js';
import { withParseErrors } from './parse-errors.js';
import type { HookConfig } from './parse-types.js';
import { findAccount } from './server/user-rows.js';

/** Runs after a session was stored. What it throws refuses the login. */
export type SessionCheck = (session: NewSession) => Promise<void>;

type Update = ParseDatabase['update'];

type Create = ParseDatabase['create'];

/** The update that a staged save belongs to. */
type Belongs = (update: ParseRow) => boolean;

interface OtherSave {
  readonly save: StagedSave;
  readonly belongs: Belongs;
}

/** How long the start of a login is remembered where Parse Server uses one database controller for all requests. */
const LOGIN_MS = 60_000;

/**
 * Takes part in the writes that Parse Server makes for one HTTP request. A hook decides long before Parse Server writes, and
 * other checks may still refuse the request. What is staged here happens together with the write, in one statement, or not
 * at all.
 *
 * Parse Server makes a database controller for each HTTP request; its methods are replaced on that object alone.
 */
export class RequestWrites {
  static readonly #all = new WeakMap<ParseDatabase, RequestWrites>();
  readonly #staged = new Map<string, StagedSave>();
  readonly #others: OtherSave[] = [];
  readonly #logins = new Map<string, { readonly check: SessionCheck; readonly until: number }[]>();
  readonly #update: Update;
  readonly #create: Create;
  readonly #config: HookConfig;

  private constructor(config: HookConfig) {
    const { database } = config;
    this.#config = config;
    this.#update = database.update.bind(database);
    this.#create = database.create.bind(database);
    const wrapped: Pick<ParseDatabase, 'update' | 'create'> = {
      update: (...given) => this.#onUpdate(given),
      create: (...given) => this.#onCreate(given),
    };
    Object.assign(database, wrapped);
  }

  /** That of the HTTP request. */
  static of(config: HookConfig): RequestWrites {
    const writes = RequestWrites.#all.get(config.database) ?? new RequestWrites(config);
    RequestWrites.#all.set(config.database, writes);
    return writes;
  }

  /**
   * Stages what happens with the write that stores the value that is given back. Parse Server is handed that value in the
   * place of a record, so a write takes what its own hooks have staged, in a batch too.
   *
   * @param id the id by which Parse Server finds the user, where the record has one
   * @throws FactorError `invalid_input` in a transaction, where what follows a write would come before its end
   */
  stage(save: StagedSave, id?: string): EnrolmentRecord {
    assertNoTransaction(this.#config.database);
    const staged = `${OURS}/${randomUUID()}`;
    this.#staged.set(staged, save);
    return { ...(id !== undefined && { id }), staged };
  }

  /** Stages what happens with the user's next write that `belongs` to it. */
  stageWith(save: StagedSave, belongs: Belongs): void {
    this.#others.push({ save, belongs });
  }

  /** What the values of a write that is still to come are going to be, where they were staged for this user. */
  preview(userId: string, given: StoredRecords, stored: StoredRecords): StoredRecords {
    return { ...stored, ...changesOf(plansOf(this.#savesIn(userId, given)), stored) };
  }

  /** Whether a value was staged for this user in this request. */
  isStaged(userId: string, value: unknown): boolean {
    return this.#staged.get(tokenOf(value))?.userId === userId;
  }

  /** Has the next sessions of the user checked: those of the logins that this request makes. */
  onSession(userId: string, check: SessionCheck): void {
    const { database } = this.#config;
    const isShared = (database.options ?? this.#config) !== this.#config;
    const until = isShared ? Date.now() + LOGIN_MS : Infinity;
    const before = isShared ? [] : (this.#logins.get(userId) ?? []);
    this.#logins.set(userId, [...before, { check, until }]);
  }

  #savesIn(userId: string, given: StoredRecords): StagedSave[] {
    const saves = Object.values(given).map((value) => this.#staged.get(tokenOf(value)));
    return saves.filter((save) => save !== undefined).filter((save) => save.userId === userId);
  }

  async #onUpdate(given: Parameters<Update>): Promise<unknown> {
    const [className, query, update, options, skipSanitization, validateOnly, schema] = given;
    const userId = query['objectId'];
    if (className !== '_User' || validateOnly === true || typeof userId !== 'string') return this.#update(...given);
    const sent = asObject(update['authData']) ?? {};
    const others = this.#takeOthers(userId, update);
    const saves = [...this.#savesIn(userId, sent), ...others];
    if (saves.length === 0) return this.#update(...given);
    this.#take(sent);
    const plans = plansOf(saves);
    const rest = Object.fromEntries(Object.entries(sent).filter(([, value]) => tokenOf(value) === ''));
    // Parse Server replies with what it has handed over.
    if (update['authData'] !== undefined) Object.assign(update, { authData: rest });
    const write = ({ conditions, changes, kept }: RecordStatement): Promise<unknown> => {
      const isOther = (field: string): boolean => !Object.keys(changes).some((key) => field.startsWith(`authData.${key}.`));
      const where = Object.fromEntries(Object.entries(query).filter(([field]) => isOther(field)));
      const authData = nullsFirst({ ...kept, ...rest, ...changes });
      const written = Object.keys(authData).length === 0 ? update : { ...update, authData };
      return this.#update(className, { ...where, ...conditions }, written, options, skipSanitization, validateOnly, schema);
    };
    const account = saves.find((save) => save.account !== undefined)?.account;
    const bySession = saves.some((save) => save.bySession === true);
    return inTurn(saves, () =>
      plans.length === 0
        ? write({ conditions: {}, changes: {}, kept: {} })
        : carryOut({ config: this.#config, userId, account, bySession }, plans, write),
    );
  }

  async #onCreate(given: Parameters<Create>): Promise<unknown> {
    const [className, object, options, validateOnly, schema] = given;
    if (validateOnly === true) return this.#create(...given);
    if (className === '_Session') return this.#openSession(given);
    const sent = asObject(object['authData']) ?? {};
    const saves = className === '_User' ? this.#savesIn('', sent) : [];
    if (saves.length === 0) return this.#create(...given);
    this.#take(sent);
    const changes = changesOf(plansOf(saves), {});
    return inTurn(saves, async () => {
      Object.assign(object, { authData: { ...sent, ...changes } });
      return this.#create(className, object, options, validateOnly, schema);
    });
  }

  async #openSession(given: Parameters<Create>): Promise<unknown> {
    const [, object] = given;
    const userId = String(asObject(object['user'])?.['objectId']);
    const created = await this.#create(...given);
    let read: Promise<AccountState | undefined> | undefined;
    const account = (): Promise<AccountState | undefined> => (read ??= findAccount(this.#config, userId));
    const session = { userId, token: String(object['sessionToken']), account };
    for (const { check, until } of this.#logins.get(userId) ?? []) if (Date.now() < until) await check(session);
    return created;
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

/** Runs what precedes a write, the write, and all that follows it. */
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

/** Runs what precedes a write, and the write; takes back what preceded one that failed. */
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

const plansOf = (saves: readonly StagedSave[]): RecordPlan[] => saves.flatMap(({ plan }) => plan ?? []);

/** Begins the names under which values are staged. No client sees it: what a client names `staged` itself is data. */
const OURS = randomUUID();

/** The name under which a value was staged; empty for any other value. */
function tokenOf(value: unknown): string {
  const staged = asObject(value)?.['staged'];
  return typeof staged === 'string' && staged.startsWith(OURS) ? staged : '';
}
