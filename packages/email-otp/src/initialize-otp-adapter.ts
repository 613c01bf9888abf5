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

/** Options of {@link initializeOtpAdapter}, as `parse-server-otp-auth-adapter` has them. */
export interface OtpAdapterOptions {
  /** How long a code lives, in milliseconds; at least 30 seconds and at most 10 minutes are used. */
  readonly otpValidityInMs: number;
  /** How often one code may be tried, from 1; at most 10 are used. */
  readonly maxAttempts: number;
  /** Sends the code to the normalised address. What it rejects with is told to nobody; the code is void then. */
  readonly sendEmail: (email: string, otp: string) => Promise<void>;
  /**
   * Most messages that one IP address may ask for in ten minutes, 1 to 1,000,000; 20 by default. Behind a proxy, set Parse
   * Server's `trustProxy` first: without it all users share the proxy's address.
   */
  readonly maxSendsPerIp?: number;
  /**
   * Ids that the application had before, 10 at most; none by default. Without them, a server with another id adopts the ids of
   * all users once more, those that were written past the adapter too.
   */
  readonly formerAppIds?: readonly string[];
  /** Not needed any more. */
  readonly applicationId?: string;
  /** Not needed any more. */
  readonly mountPath?: string;
}

const positive = {
  accepts: 'a number above 0',
  isValid: (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value > 0,
};
const within = (value: number, min: number, max: number): number => Math.min(Math.max(Math.floor(value), min), max);

/**
 * A drop-in for `parse-server-otp-auth-adapter`: passwordless sign-in with a code by e-mail, for
 * `auth: { otp: initializeOtpAdapter({ … }) }`. Its configuration, clients and users go on working; a
 * code is good only for the address that it was sent to, once, and within limits.
 *
 * It needs no keys: digests of codes are keyed with one that is derived from the server's master key.
 * Ids of users who sign up from its first start on are sealed with a key of its own in the store, so
 * that nobody prepares an account for somebody else; those of earlier users are taken as they are. For
 * second factors beside it, the guard and notices use `composeFactors` with an `EmailOtpFactor` of
 * policy `default`.
 *
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
 * What the master key writes of an invited user: `{ email, id }`, as the old adapter's applications do, is the id
 * alone where both are the same address.
 */
function readProvided(payload: unknown): unknown {
  const { id, email, ...others } = asObject(payload) ?? {};
  if (typeof id !== 'string' || typeof email !== 'string') return payload;
  try {
    return Object.keys(others).length === 0 && normaliseEmail(email) === normaliseEmail(id) ? { id } : payload;
  } catch {
    return payload; // refused like every other
  }
}

/** The adapter's own row in the store. */
interface Marker {
  /** Seals the ids of users who sign up from now on, so that ids that were written past the adapter sign nobody in. */
  readonly recordKeys: string;
  /** The time from which that holds. */
  readonly adoptIdsBefore: number;
}

/**
 * The row that the first server that asks has made. That of a former application id goes on serving. Should it be lost, ids
 * are adopted once more.
 *
 * @param former its names under former ids of the application
 */
async function readMarker(store: OtpStore, subject: string, former: readonly string[]): Promise<Marker> {
  for (const earlier of [subject, ...former]) {
    const found = await findMarker(store, earlier);
    if (found !== undefined) return found;
  }
  // Of several servers that ask at once, one makes it: for the others, the cooldown has lasted since 1970. It is asked
  // for only where there is no marker, as a cooldown that a wrong clock has begun does not count.
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

/** What is shown of an address; nothing of what is none. */
function describe(record: unknown): Readonly<Record<string, string>> {
  try {
    return { destination: maskEmail(normaliseEmail(String(Reflect.get(Object(record), 'id')))) };
  } catch {
    return {};
  }
}

/**
 * The schema of the class `OTP`, as `parse-server-otp-auth-adapter` exports it, for applications that name it in Parse
 * Server's `schema`. The class is closed to all clients; nothing is kept in it any more.
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

/** Resolves at once: what codes need is made when the first one is. Kept for applications that call it. */
export async function setupOtpTable(_config?: unknown): Promise<void> {
  await Promise.resolve();
}

/**
 * Deletes what is dead in the store, in batches of 1000; gives how many rows. For a job:
 * `Parse.Cloud.job('cleanupExpiredOTPs', pruneOtps)`.
 */
export const pruneOtps = ({ config }: { readonly config?: unknown }): Promise<number> =>
  pruneStore(storeOfJob({ config }), Date.now());
