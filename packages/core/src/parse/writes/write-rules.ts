import { markOf } from '../../account/records/enrolment-record.js';
import { type Composed, linkedFactors, secondFactors, storedAmong } from '../../account/factor-roles.js';
import type { RecordPlan, StoredRecords } from '../../account/records/record-plan.js';
import { FactorError } from '../../error/factor-error.js';
import { asObject } from '../../validation/json-object.js';
import type { ParseRow } from '../database/parse-database.js';
import type { HookConfig } from '../parse-types.js';

/** One composed set of factors, whose records the gate watches. */
export interface GatedFactors {
  readonly composed: Composed;
  /** Whether the set serves the server that a request came to. */
  readonly serves: (config: HookConfig) => boolean;
  /** Whether its triggers were installed. Only they decide about removals and about other providers. */
  isInstalled: boolean;
  /** Emits an event for a refused write, in a request in which none of our hooks has run. */
  readonly emitUndecided: (config: HookConfig, userId: string | undefined) => void;
}

/** The flows' decision about a user's other providers: the record to store by provider, null to unlink. */
export type DecidedProviders = Readonly<Record<string, unknown>>;

/** A write of `authData`, in the form that the rules check. */
export interface ProviderWrite {
  /** The values to write by provider, without staged ones. */
  readonly given: StoredRecords;
  readonly decided: DecidedProviders;
  /** Whether Parse Server or the master key writes. They may send back what is stored. */
  readonly isTrusted: boolean;
}

/** Conditions of a write on the row: checked before all changes of its records, and after them. */
export interface WriteChecks {
  readonly others?: RecordPlan | undefined;
  readonly ours?: RecordPlan | undefined;
}

const isDotted = (key: string): boolean => /^(?:authData\.|_auth_data_)/.test(key);

const known: GatedFactors[] = [];

/** Registers a set of factors, whose records the gate then protects. */
export function watchWrites(set: GatedFactors): void {
  known.push(set);
}

/** Whether a write changes the stored record of any provider. */
export const touchesProviders = (row: ParseRow): boolean => row['authData'] !== undefined || Object.keys(row).some(isDotted);

/**
 * The rules for writes of `_User`: a change of factors or providers that no flow has decided is refused.
 *
 * The rules do not decide who may change what. Flows do: they stage changes of records and decide about other providers.
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

  /** Returns the rules of the sets of factors that serve this server. Without any set they refuse nothing. */
  static of(config: HookConfig): WriteRules {
    return new WriteRules(known.filter(({ serves }) => serves(config)));
  }

  /** Refuses keys that change parts of `authData`. @throws FactorError `invalid_input` */
  assertWhole(row: ParseRow): void {
    if (this.sets.length > 0 && Object.keys(row).some(isDotted))
      throw new FactorError('invalid_input', { sentence: 'Send "authData" as one object, not as keys with dots.' });
  }

  /** Refuses provider values that are neither an object nor null. @throws FactorError `invalid_input` */
  assertRecords(row: ParseRow): void {
    if (this.sets.length === 0) return;
    const authData = row['authData'] === undefined ? {} : asObject(row['authData']);
    if (authData === undefined || !Object.values(authData).every(isRecord))
      throw new FactorError('invalid_input', { sentence: 'Each provider in "authData" must be an object or null.' });
  }

  /** Refuses unstaged records of our factors in a new row. @throws FactorError `invalid_input` */
  assertNew(given: StoredRecords): void {
    if (storedAmong(given, this.#keys).length > 0) throw undecided();
  }

  /**
   * Whether the write must be compared with the stored row. @throws FactorError `invalid_input` when no stored row could allow
   * it
   */
  needsRow(write: ProviderWrite): boolean {
    const ours = Object.entries(write.given).filter(([key, value]) => this.#isWatched(key, value));
    if (!write.isTrusted && ours.some(([, value]) => value !== null)) throw undecided();
    return ours.length > 0 || this.#undecidedOthers(write).length > 0;
  }

  /** Returns plans that change nothing, but refuse undecided changes at the moment of the write. */
  checks(write: ProviderWrite, stored: StoredRecords): WriteChecks {
    return { others: this.#checkOthers(write, stored), ours: this.#checkOurs(write) };
  }

  /** Returns what is left to write: {@link checks} make sure that the rest is already stored. */
  withoutEchoes(given: StoredRecords): StoredRecords {
    return Object.fromEntries(Object.entries(given).filter(([key, value]) => !this.#isWatched(key, value)));
  }

  /** Refuses undecided changes of other providers on an account with factors. */
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

  /** Refuses records of our factors that were not staged and are not stored. */
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

  /** The keys of factors that protect an account's other providers from undecided changes. */
  get #protecting(): string[] {
    return [...secondFactors(this.#guarded), ...linkedFactors(this.#guarded)];
  }

  get #keys(): string[] {
    return Object.keys(this.#all.factors);
  }

  #isOurs(key: string): boolean {
    return Object.hasOwn(this.#all.factors, key);
  }

  /** Whether an entry belongs to a factor that the rules protect. Without installed triggers, removals are not checked. */
  #isWatched(key: string, value: unknown): boolean {
    return Object.hasOwn((value === null ? this.#guarded : this.#all).factors, key);
  }
}

const join = (sets: readonly GatedFactors[]): Composed => ({
  factors: Object.assign({}, ...sets.map(({ composed }) => composed.factors)) as Composed['factors'],
});

const isRecord = (value: unknown): boolean => value === null || asObject(value) !== undefined;

/** Whether a provider keeps its id, or stays unlinked. */
function isSameProvider(written: unknown, before: unknown): boolean {
  const [after, stored] = [asObject(written), asObject(before)];
  return after === undefined || stored === undefined ? after === stored : after['id'] === stored['id'];
}

const undecided = (): FactorError =>
  new FactorError('invalid_input', { sentence: 'A factor cannot be changed by writing "authData" directly.' });
