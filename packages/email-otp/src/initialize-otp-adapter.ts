import { hkdfSync } from 'node:crypto';
import { FactorError, generateKey, pruneStore, type ParseAuthAdapter } from '@parse-factors/core';
import {
  asObject,
  CODE_FACTOR_RULES,
  composeWithRecordKeys,
  deferredAuthAdapter,
  functionOption,
  listOption,
  optional,
  resolveOptions,
  storeOfJob,
  subjectOf,
  textOption,
} from '@parse-factors/core/factor';
import { NEVER, UNLIMITED, type OtpStore } from '@parse-factors/core/store';
import { maskEmail, normaliseEmail } from './email-address.js';
import { EmailOtpFactor, type EmailOtpOptions } from './email-otp-factor.js';

/** Options of {@link initializeOtpAdapter}. They are those of `parse-server-otp-auth-adapter` and two more. */
export interface OtpAdapterOptions {
  /** How long a code is valid, in milliseconds. Values outside 30 seconds to 10 minutes are clamped. */
  readonly otpValidityInMs: number;
  /** How many attempts one code allows, from 1. Values above 10 are clamped. */
  readonly maxAttempts: number;
  /** Sends the code to the normalised address. If it rejects, the code is void; the reason is not shown to clients. */
  readonly sendEmail: (email: string, otp: string) => Promise<void>;
  /**
   * Messages that one IP address may request in ten minutes, 1 to 1,000,000; 20 by default. Behind a proxy, set Parse Server's
   * `trustProxy` first: otherwise all users share the proxy's address.
   */
  readonly maxSendsPerIp?: number;
  /**
   * Former application ids, 10 at most; none by default. Without them, a server with a new application id accepts the unsealed
   * ids of all users once more, including ids written past the adapter.
   */
  readonly formerAppIds?: readonly string[];
  /** No longer needed. */
  readonly applicationId?: string;
  /** No longer needed. */
  readonly mountPath?: string;
}

const positive = {
  accepts: 'a number above 0',
  isValid: (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value > 0,
};
const within = (value: number, min: number, max: number): number => Math.min(Math.max(Math.floor(value), min), max);

/**
 * Replaces `parse-server-otp-auth-adapter`: passwordless sign-in with a code by email, for
 * `auth: { otp: initializeOtpAdapter({ … }) }`.
 * Its configuration, clients and users keep working. Each code works once, for one address, and within rate limits.
 * It needs no keys: the digests of codes use a key derived from the server's master key.
 * The ids of users who sign up from its first start on are sealed with a key kept in the store. This stops an attacker from
 * preparing an account for another person's address (account pre-hijacking). Ids of earlier users are accepted unsealed.
 * For second factors, the guard and notifications, use `composeFactors` with an `EmailOtpFactor` of policy `default`.
 * @throws FactorConfigError naming the option and what it accepts
 * @example
 * ```ts
 * import { initializeOtpAdapter } from '@parse-factors/email-otp';
 *
 * export const auth = (sendEmail: (email: string, otp: string) => Promise<void>) => ({
 *   otp: initializeOtpAdapter({ otpValidityInMs: 300_000, maxAttempts: 3, sendEmail }),
 * });
 * ```
 */
export function initializeOtpAdapter(options: OtpAdapterOptions): ParseAuthAdapter {
  const rules = {
    otpValidityInMs: positive,
    maxAttempts: positive,
    sendEmail: functionOption,
    maxSendsPerIp: optional(CODE_FACTOR_RULES.maxSendsPerIp),
    formerAppIds: optional(listOption(textOption(256), 10)),
    applicationId: optional(textOption(1000)),
    mountPath: optional(textOption(1000)),
  };
  const resolved = resolveOptions<OtpAdapterOptions>('initializeOtpAdapter', options, rules);
  const { otpValidityInMs, maxAttempts, sendEmail, maxSendsPerIp, formerAppIds = [] } = resolved;
  const factorOptions: EmailOtpOptions = {
    policy: 'default',
    channel: ({ to, code }) => sendEmail(to, code),
    validityMs: within(otpValidityInMs, 30_000, 600_000),
    maxAttempts: within(maxAttempts, 1, 10),
    ...(maxSendsPerIp !== undefined && { maxSendsPerIp }),
  };
  return deferredAuthAdapter({
    defaultKey: 'otp',
    readProvided,
    describe,
    async adapterFor({ appId, key, masterKey, store }) {
      const former = formerAppIds.map((formerId) => subjectOf('otp-adapter', formerId, key));
      const { recordKeys, adoptIdsBefore } = await readMarker(store, subjectOf('otp-adapter', appId, key), former);
      const derived = Buffer.from(hkdfSync('sha256', masterKey, appId, 'parse-factors otp adapter', 32));
      const factor = new EmailOtpFactor({ ...factorOptions, adoptIdsBefore });
      const keys = `master:${derived.toString('base64')}`;
      const made = composeWithRecordKeys({ keys, formerAppIds, factors: { [key]: factor }, selfCheck: false }, recordKeys);
      const adapter = made.auth[key];
      if (adapter === undefined) throw new FactorError('unavailable');
      return adapter;
    },
  });
}

/**
 * Reads what the master key writes for an invited user. Applications of the old adapter write `{ email, id }`. If both are the
 * same address, only the id is kept.
 */
function readProvided(payload: unknown): unknown {
  const { id, email, ...others } = asObject(payload) ?? {};
  if (typeof id !== 'string' || typeof email !== 'string') return payload;
  try {
    return Object.keys(others).length === 0 && normaliseEmail(email) === normaliseEmail(id) ? { id } : payload;
  } catch {
    return payload; // refused later, like any other invalid payload
  }
}

/** The adapter's own row in the store. */
interface Marker {
  /** Seals the ids of users who sign up from now on. Unsealed ids written past the adapter then sign no user in. */
  readonly recordKeys: string;
  /** When sealing began, in epoch milliseconds. */
  readonly adoptIdsBefore: number;
}

/**
 * Reads the marker, or creates it on the first start. The marker of a former application id stays in use. If it is lost,
 * unsealed ids are accepted once more.
 * @param former the subjects of the marker under former application ids
 */
async function readMarker(store: OtpStore, subject: string, former: readonly string[]): Promise<Marker> {
  for (const earlier of [subject, ...former]) {
    const found = await findMarker(store, earlier);
    if (found !== undefined) return found;
  }
  // Exactly one of several concurrent servers creates the marker: for the others, a cooldown since 1970 applies. It is created
  // only if there is no marker, because a cooldown begun by a wrong clock does not count.
  const now = Date.now();
  const digest = `${generateKey('row')} ${now}`;
  await store.issue(subject, { digest, expiresAt: NEVER }, { cooldownMs: now, quotas: [] });
  const made = await findMarker(store, subject);
  if (made === undefined) throw new FactorError('unavailable');
  return made;
}

async function findMarker(store: OtpStore, subject: string): Promise<Marker | undefined> {
  const attempt = await store.attempt(subject, UNLIMITED);
  const [recordKeys, since] = attempt.locked ? [] : (attempt.digest ?? '').split(' ');
  return recordKeys === undefined || since === undefined ? undefined : { recordKeys, adoptIdsBefore: Number(since) };
}

/** Describes an enrolment by its masked address. A record without a valid address shows nothing. */
function describe(record: unknown): Readonly<Record<string, string>> {
  try {
    return { destination: maskEmail(normaliseEmail(String(Reflect.get(Object(record), 'id')))) };
  } catch {
    return {};
  }
}

/**
 * The schema of the class `OTP`, as `parse-server-otp-auth-adapter` exports it, for applications that list it in Parse Server's
 * `schema`. The class is closed to all clients and is no longer used.
 */
export const OTP_TABLE_SCHEMA = {
  className: 'OTP',
  fields: {
    objectId: { type: 'String' },
    createdAt: { type: 'Date' },
    updatedAt: { type: 'Date' },
    ACL: { type: 'ACL' },
    email: { type: 'String' },
    otp: { type: 'String' },
    expiresAt: { type: 'Date' },
    attempts: { type: 'Number' },
  },
  classLevelPermissions: { find: {}, count: {}, get: {}, create: {}, update: {}, delete: {}, addField: {}, protectedFields: {} },
  indexes: { _id_: { _id: 1 } },
};

/** Does nothing: the adapter creates what it needs with the first code. Kept for applications that call it. */
export async function setupOtpTable(_config?: unknown): Promise<void> {
  await Promise.resolve();
}

/**
 * Deletes expired rows of the store in batches of 1000. Returns how many rows were deleted. For a job:
 * `Parse.Cloud.job('cleanupExpiredOTPs', pruneOtps)`.
 */
export const pruneOtps = ({ config }: { readonly config?: unknown }): Promise<number> =>
  pruneStore(storeOfJob({ config }), Date.now());
