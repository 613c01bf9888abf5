import { subjectOf } from '../../crypto/subject.js';
import type { RequestContext } from '../../factor/context.js';
import type { Purpose } from '../../factor/purpose.js';
import type { Quota } from '../../store/otp-store.js';
import type { ConversionLimit } from './conversion-limit.js';
import type { AddressType } from '../address-type.js';

type GateContext = Pick<RequestContext, 'appId' | 'key' | 'store'>;

/** A message with a code, or a code that came back. */
interface Counted {
  readonly address: string;
  readonly purpose: Purpose;
  /** Whether the code is for a factor that the user has set up. */
  readonly isSetUp: boolean;
}

/** What codes are for that go to a number which has not proven itself. Codes that sign in alone are such codes too. */
const NEW: readonly Purpose[] = ['enrolment', 'password-reset', 'address-verification'];

/** Closes countries whose codes do not come back. */
export class CountryGate {
  readonly #region: AddressType['region'];
  readonly #limit: ConversionLimit | undefined;

  constructor({ region, conversion }: AddressType) {
    this.#region = region;
    this.#limit = conversion;
  }

  /** Returns what a message is counted in, and against what; undefined if it is not counted. */
  limitFor({ appId, key }: Omit<GateContext, 'store'>, sent: Counted): readonly [bucket: string, quota: Quota] | undefined {
    const country = this.#countedIn(sent);
    if (country === undefined || this.#limit === undefined) return undefined;
    const { messages, windowMs } = this.#limit;
    return [bucketOf(appId, key, country), { limit: messages, windowMs }];
  }

  /** Emits `country_closed`, once in a window. */
  async reportClosed(
    { appId, key, store, emit }: GateContext & Pick<RequestContext, 'emit'>,
    sent: Counted,
    retryAt: number,
  ): Promise<void> {
    const country = this.#countedIn(sent);
    if (country === undefined || !(await store.claim(reportOf(appId, key, country), retryAt))) return;
    emit({ type: 'country_closed', purpose: sent.purpose, country, retryAt });
  }

  /** Counts a code that came back. Returns undefined if it is not counted. */
  restore(context: GateContext, returned: Counted): Promise<void> | undefined {
    const [bucket] = this.limitFor(context, returned) ?? [];
    return bucket === undefined ? undefined : this.#restore(context, bucket);
  }

  /** Releases a message that no channel accepted. Returns undefined if it is not counted. */
  release(context: GateContext, sent: Counted): Promise<void> | undefined {
    const [bucket] = this.limitFor(context, sent) ?? [];
    return bucket === undefined ? undefined : context.store.uncount(bucket);
  }

  /** Opens a country again, with nothing counted. */
  async open({ appId, key, store }: GateContext, country: string): Promise<void> {
    await store.forget(bucketOf(appId, key, country));
    await store.forget(reportOf(appId, key, country));
  }

  async #restore({ store }: GateContext, bucket: string): Promise<void> {
    for (let left = Math.ceil(100 / (this.#limit?.minPercent ?? 100)); left > 0; left -= 1) await store.uncount(bucket);
  }

  /**
   * Returns the country that a code is counted for; undefined if it is not counted. Codes for a factor that is set up are not:
   * their number has proven itself, and strangers must not be able to keep its owner out (denial of service).
   */
  #countedIn({ address, purpose, isSetUp }: Counted): string | undefined {
    const isNew = NEW.includes(purpose) || (purpose === 'sign-in' && !isSetUp);
    const isCounted = this.#limit !== undefined && isNew;
    return isCounted ? this.#region?.(address).country : undefined;
  }
}

const bucketOf = (appId: string, key: string, country: string): string => subjectOf('unconverted', appId, key, country);
const reportOf = (appId: string, key: string, country: string): string => subjectOf('country-closed', appId, key, country);
