import { markOf } from '../account/enrolment-record.js';
import { type Composed, linkedFactors, secondFactors, storedAmong } from '../account/factor-roles.js';
import type { RecordPlan, StoredRecords } from '../account/record-plan.js';
import { FactorError } from '../error/factor-error.js';
import { asObject } from '../validation/json-object.js';
import type { ParseRow } from './database/parse-database.js';
import type { HookConfig } from './parse-types.js';

/** One composed set of factors, whose records the gate watches. */
export interface GatedFactors {
  readonly composed: Composed;
  /** Whether the set serves the server that a request came to. */
  readonly serves: (config: HookConfig) => boolean;
  /** Whether its triggers were installed. Without them nobody decides about removals and about other providers. */
  isInstalled: boolean;
  /** Emits that a write was refused in a request in which nothing of ours has run. */
  readonly emitUndecided: (config: HookConfig, userId: string | undefined) => void;
}

/** What flows have decided about other providers of a user: by provider the record that is to be stored, null to unlink. */
export type DecidedProviders = Readonly<Record<string, unknown>>;

/** A write of `authData`, as the rules look at it. */
export interface ProviderWrite {
  /** What is written by provider, without what was staged. */
  readonly given: StoredRecords;
  readonly decided: DecidedProviders;
  /** Whether Parse Server, or the master key, writes: they may send back what is stored. */
  readonly isTrusted: boolean;
}

/** What a write asks of the row: before everything else that it changes of records, and after. */
export interface WriteChecks {
  readonly others?: RecordPlan | undefined;
  readonly ours?: RecordPlan | undefined;
}

const isDotted = (key: string): boolean => /^(?:authData\.|_auth_data_)/.test(key);

const known: GatedFactors[] = [];

/** Has the gate watch the records of this set of factors. */
export function watchWrites(set: GatedFactors): void {
  known.push(set);
}

/** Whether a write changes what is stored of any provider. */
export const touchesProviders = (row: ParseRow): boolean => row['authData'] !== undefined || Object.keys(row).some(isDotted);

/**
 * What a write of `_User` must be like. The rules say nothing about who may change what: that is for flows, which stage
 * changes of records and decide about other providers. What nobody has decided is refused.
 */
export class WriteRules {
  /** The sets of factors that serve the server. */
  readonly sets: readonly GatedFactors[];
  readonly #all: Composed;
  readonly #guarded: Composed;

  private constructor(sets: readonly GatedFactors[]) {
    this.sets = sets;
    this.#all = join(sets);
    this.#guarded = join(sets.filter(({ isInstalled }) => isInstalled));
  }

  /** The rules of the sets of factors that serve this server. Without any set they refuse nothing. */
  static of(config: HookConfig): WriteRules {
    return new WriteRules(known.filter(({ serves }) => serves(config)));
  }

  /** Refuses what would change `authData` past its keys. @throws FactorError `invalid_input` */
  assertWhole(row: ParseRow): void {
    if (this.sets.length > 0 && Object.keys(row).some(isDotted))
      throw new FactorError('invalid_input', { sentence: 'Send "authData" whole, without dots in its key.' });
  }

  /** Refuses anything but an object under the key of a provider, or null. @throws FactorError `invalid_input` */
  assertRecords(row: ParseRow): void {
    if (this.sets.length === 0) return;
    const authData = row['authData'] === undefined ? {} : asObject(row['authData']);
    if (authData === undefined || !Object.values(authData).every(isRecord))
      throw new FactorError('invalid_input', { sentence: 'What is stored of a provider is an object.' });
  }

  /** Refuses records of ours in a new row, but for those that were staged. @throws FactorError `invalid_input` */
  assertNew(given: StoredRecords): void {
    if (storedAmong(given, this.#keys).length > 0) throw undecided();
  }

  /** Whether any of this has to be compared with what is stored. @throws FactorError `invalid_input` where nothing could allow it */
  needsRow(write: ProviderWrite): boolean {
    const ours = Object.entries(write.given).filter(([key, value]) => this.#isWatched(key, value));
    if (!write.isTrusted && ours.some(([, value]) => value !== null)) throw undecided();
    return ours.length > 0 || this.#undecidedOthers(write).length > 0;
  }

  /** Plans that change nothing, and refuse what nobody has decided for what is stored when the write happens. */
  checks(write: ProviderWrite, stored: StoredRecords): WriteChecks {
    return { others: this.#checkOthers(write, stored), ours: this.#checkOurs(write) };
  }

  /** What is left to write, as {@link checks} find the rest to be stored. */
  withoutEchoes(given: StoredRecords): StoredRecords {
    return Object.fromEntries(Object.entries(given).filter(([key, value]) => !this.#isWatched(key, value)));
  }

  /** Refuses what was not decided about other providers of an account with factors. */
  #checkOthers(write: ProviderWrite, stored: StoredRecords): RecordPlan | undefined {
    const others = this.#undecidedOthers(write);
    if (others.length === 0) return undefined;
    const { given } = write;
    return {
      basis: this.#hasFactor(stored) ? others : this.#protecting,
      decide: (now) => {
        const isKept = others.every((key) => isSameProvider(given[key], now[key]));
        if (this.#hasFactor(now) && !isKept) throw new FactorError('fresh_proof_required');
        return {};
      },
    };
  }

  /** Refuses records of ours that were not staged and are not stored. */
  #checkOurs({ given }: ProviderWrite): RecordPlan | undefined {
    const ours = Object.keys(given).filter((key) => this.#isWatched(key, given[key]));
    if (ours.length === 0) return undefined;
    return {
      decide: (stored) => {
        if (!ours.every((key) => markOf(given[key]) === markOf(stored[key]))) throw undecided();
        return {};
      },
    };
  }

  #undecidedOthers({ given, decided }: ProviderWrite): string[] {
    if (this.#protecting.length === 0) return [];
    const isDecided = (key: string): boolean => Object.hasOwn(decided, key) && isSameProvider(given[key], decided[key]);
    return Object.keys(given).filter((key) => !this.#isOurs(key) && !isDecided(key));
  }

  #hasFactor(stored: StoredRecords): boolean {
    return storedAmong(stored, this.#protecting).length > 0;
  }

  /** The keys of factors beside which no other provider is changed without a decision. */
  get #protecting(): string[] {
    return [...secondFactors(this.#guarded), ...linkedFactors(this.#guarded)];
  }

  get #keys(): string[] {
    return Object.keys(this.#all.factors);
  }

  #isOurs(key: string): boolean {
    return Object.hasOwn(this.#all.factors, key);
  }

  /** Without triggers, any session removes factors. */
  #isWatched(key: string, value: unknown): boolean {
    return Object.hasOwn((value === null ? this.#guarded : this.#all).factors, key);
  }
}

const join = (sets: readonly GatedFactors[]): Composed => ({
  factors: Object.assign({}, ...sets.map(({ composed }) => composed.factors)) as Composed['factors'],
});

const isRecord = (value: unknown): boolean => value === null || asObject(value) !== undefined;

/** Whether a provider stays linked under its id, or stays unlinked. */
function isSameProvider(given: unknown, before: unknown): boolean {
  const [after, stored] = [asObject(given), asObject(before)];
  return after === undefined || stored === undefined ? after === stored : after['id'] === stored['id'];
}

const undecided = (): FactorError =>
  new FactorError('invalid_input', { sentence: 'A factor is changed by its own requests only.' });
