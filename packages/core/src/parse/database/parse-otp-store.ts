import { FactorConfigError } from '../../error/config-error.js';
import { integerOption } from '../../validation/options.js';
import { RuledOtpStore } from '../../store/ruled-otp-store.js';
import type { Arguments, Outcome } from '../../store/rules/language.js';
import type { Verb } from '../../store/rules/verb.js';
import { COLUMNS, EMPTY_ROW } from '../../store/subject-row.js';
import type { Clock } from '../../time/clock.js';
import { CommandTimeouts } from '../../time/command-timeouts.js';
import type { ClassIncident } from './closed-class.js';
import { GenericState } from './generic-state.js';
import { nativeState } from './native-state.js';
import type { ParseDatabase } from './parse-database.js';
import { ParseTable } from './parse-table.js';
import type { StateTable } from './state-table.js';

/** The class that {@link ParseOtpStore} keeps its rows in. */
export const FACTOR_STATE_CLASS = 'FactorState';

const FIELDS = Object.fromEntries(
  COLUMNS.map((column) => [column, { type: column === 'digest' ? 'String' : 'Number', empty: EMPTY_ROW[column] } as const]),
);

/** Options of {@link ParseOtpStore}. */
export interface ParseOtpStoreOptions {
  /** The clock in epoch milliseconds; `Date.now` by default. */
  readonly clock?: Clock | undefined;
  /** Timeout of one verb in milliseconds, 10 to 30,000; 5000 by default. After that it fails with `unavailable`. */
  readonly timeoutMs?: number | undefined;
  /** Called when the class was deleted or opened while servers ran, and was restored. */
  readonly onIncident?: ((incident: ClassIncident) => void) | undefined;
}

const TIMEOUT = integerOption(10, 30_000);

/** A store is made for each request. The timer is one for all. */
const timeouts = new Map<number, CommandTimeouts>();

/**
 * Stores the state of factors in the app's own database, Postgres or MongoDB. Only the master key can access its class {@link
 * FACTOR_STATE_CLASS}.
 *
 * The subject's digest is the `objectId`, so the primary key is the only index that is needed. Each verb is one statement, on
 * the connection that Parse Server has. With another database, each verb takes two or more.
 */
export class ParseOtpStore extends RuledOtpStore {
  /** Whether each verb is one statement. False if the storage adapter is neither Parse Server's for Postgres nor for MongoDB. */
  readonly isNative: boolean;
  readonly #table: ParseTable;
  readonly #state: StateTable;
  readonly #timeouts: CommandTimeouts;

  /** @param database the request's `config.database` */
  constructor(database: ParseDatabase, { clock, timeoutMs = 5000, onIncident }: ParseOtpStoreOptions = {}) {
    super(clock);
    if (!TIMEOUT.isValid(timeoutMs)) throw new FactorConfigError(`ParseOtpStore: timeoutMs must be ${TIMEOUT.accepts}`);
    this.#table = new ParseTable(database, { className: FACTOR_STATE_CLASS, fields: FIELDS, onIncident });
    const native = nativeState(database.adapter, FACTOR_STATE_CLASS, timeoutMs);
    this.isNative = native !== undefined;
    this.#state = native ?? new GenericState(this.#table);
    this.#timeouts = timeouts.get(timeoutMs) ?? new CommandTimeouts(timeoutMs);
    timeouts.set(timeoutMs, this.#timeouts);
  }

  protected override run(verb: Verb, name: string, given: Partial<Arguments>): Promise<Outcome | undefined> {
    return this.#within(() => this.#state.run(verb, name, given));
  }

  protected override remove(name: string): Promise<void> {
    return this.#within(() => this.#state.remove(name));
  }

  protected override removeDead(now: number, batch: number): Promise<number> {
    return this.#within(() => this.#state.removeDead(now, batch));
  }

  #within<Result>(statement: () => Promise<Result>): Promise<Result> {
    // The statements of the generic way look at the class themselves.
    return this.#timeouts.within(() => (this.isNative ? this.#table.whileClosed(statement) : statement()));
  }
}
