import type { Runtime } from '../account/runtime.js';
import type { Bridge } from '../parse/bridge.js';
import { classIncidents } from '../parse/class-incidents.js';
import type { ParseDatabase } from '../parse/database/parse-database.js';
import { FACTOR_STATE_CLASS, ParseOtpStore } from '../parse/database/parse-otp-store.js';
import { checkedStore } from '../store/checked-store.js';
import { FactorConfigError } from '../error/config-error.js';
import type { OtpStore } from '../store/otp-store.js';
import { functionOption, type OptionRule } from '../validation/options.js';

/** What a function returns a store for. */
export interface StoreHost {
  readonly appId: string;
  readonly database: ParseDatabase;
  /** Returns the default store, to wrap it: in the app's own database. */
  readonly inDatabase: () => OtpStore;
}

/** The store of codes and limits: one for all requests, or a function that returns one for a request's database. */
export type StoreSource = OtpStore | ((host: StoreHost) => OtpStore);

const STORE_VERBS: readonly (keyof OtpStore)[] = [
  'issue',
  'attempt',
  'consume',
  'revoke',
  'advance',
  'claim',
  'count',
  'uncount',
  'pardon',
  'forget',
  'prune',
];

/** Whether a value is an object with these methods. */
export const hasMethods = (value: unknown, names: readonly PropertyKey[]): boolean =>
  typeof value === 'object' && value !== null && names.every((name) => typeof Reflect.get(value, name) === 'function');

/** The rule for the option `store`. */
export const storeOption: OptionRule = {
  accepts: 'an OtpStore, or a function that returns one',
  isValid: (value) => functionOption.isValid(value) || hasMethods(value, STORE_VERBS),
};

/**
 * The answers of other stores are checked. The default store is our own and needs no checks.
 *
 * @throws FactorConfigError if it has not the methods of a store
 */
function soundStore(store: OtpStore): OtpStore {
  if (store instanceof ParseOtpStore) return store;
  if (!hasMethods(store, STORE_VERBS))
    throw new FactorConfigError('composeFactors: option "store" must be an OtpStore, or a function that returns one');
  return checkedStore(store);
}

/** Returns how a request gets its store. */
export function storeFor(store: StoreSource, runtime: Runtime): Bridge['storeFor'] {
  if (typeof store !== 'function') return () => soundStore(store);
  return ({ appId, database }) => {
    const onIncident = classIncidents(runtime, database, FACTOR_STATE_CLASS);
    const inDatabase = (): OtpStore => new ParseOtpStore(database, { clock: runtime.clock, onIncident });
    return soundStore(store({ appId, database, inDatabase }));
  };
}
