import { EnrolmentSealer } from '../account/records/enrolment-sealer.js';
import type { AccountState, Server, ServerRequest } from '../account/ports.js';
import type { Runtime } from '../account/runtime.js';
import { subjectOf } from '../crypto/subject.js';
import { faultName } from '../error/fault-name.js';
import { verifiedFieldOf } from '../account/verified-field.js';
import type { FactorEvent, FactorEventType, NotifiedAddress } from '../factor/factor-event.js';
import type { Factor } from '../factor/factor.js';
import type { AccountChange, NotificationType, SecurityNotification } from '../factor/notification.js';
import { identityOf } from '../factor/primary-sign-in.js';
import { notifyListener } from './notify-listener.js';

const NOTIFICATION_OF: Readonly<Partial<Record<FactorEventType, NotificationType>>> = {
  enrolled: 'enrolled',
  replaced: 'replaced',
  removed: 'removed',
  reset: 'removed',
  recovery_used: 'recovery_used',
  recovery_proven: 'recovery_proven',
  recovery_begun: 'recovery_begun',
  help_issued: 'help_issued',
  help_used: 'help_used',
  password_reset: 'password_reset',
  new_device: 'new_device',
  account_taken_over: 'account_taken_over',
  address_changed: 'address_changed',
  locked: 'locked',
};

/**
 * How many notifications of one group a user receives in a day; see {@link OWN_QUOTA}. The limit stops an attacker from flooding the user or running up costs.
 */
const QUOTA = { limit: 20, windowMs: 24 * 60 * 60_000 };

/** How many notifications an unverified address receives in a day: a stranger can enter any address. */
const NEW_ADDRESS_QUOTA = { limit: 5, windowMs: 24 * 60 * 60_000 };

/** A change of an account. */
export interface NotifiedChange {
  readonly runtime: Runtime;
  readonly request: ServerRequest;
  readonly event: FactorEvent;
  /** The row as it was stored before. */
  readonly account: AccountState;
  /** Addresses that are notified as well. */
  readonly alsoAt: readonly NotifiedAddress[];
}

/**
 * Notifies a user of a change to their account, at every address that was known before the change. Another address gets the
 * message only if the event says so, as it may be the attacker's.
 *
 * No reply waits for it. It never fails the change: failures are emitted as `delivery_failed`.
 */
export async function sendNotifications(change: NotifiedChange): Promise<void> {
  const { runtime, request, event, account } = change;
  const type = notificationOf(runtime, event);
  if (type === undefined) return;
  const { appId, store } = request.server;
  const notified = new Set<string>();
  let isCounted = false;
  for (const [key, prepare] of sources(change, { type, request: request.client })) {
    try {
      for (const { address, send } of await prepare()) {
        if (notified.has(address)) continue;
        notified.add(address);
        if (!isCounted && !(await isWithinQuota(request.server, account.id, type))) return;
        isCounted = true;
        await send({ appId, key, store, keyring: runtime.keyring });
        notifyListener(runtime.onEvent, { ...event, type: 'notified', factor: key, reason: type });
      }
    } catch (fault) {
      notifyListener(runtime.onEvent, { ...event, type: 'delivery_failed', factor: key, reason: faultName(fault) });
    }
  }
}

/** What prepares the notifications of a factor, and the factor's key. */
type Source = readonly [key: string, prepare: () => Promise<readonly SecurityNotification[]>];

/** The addresses of factors, verified addresses of the user object, and those that the event adds. */
function sources({ runtime, request, account, alsoAt }: NotifiedChange, change: AccountChange): readonly Source[] {
  const { id, user, stored } = account;
  const { appId, store } = request.server;
  const ofFactor = ([key, factor]: [string, Factor<object>]): Source => [
    key,
    async () => {
      const owner = { appId, userId: id, key, createdAt: user.get('createdAt') };
      const record = stored[key] ?? undefined;
      const enrolment = record && new EnrolmentSealer(runtime, owner, factor).open(record).enrolment;
      return factor.notifies?.notificationsFor(user, enrolment, change) ?? [];
    },
  ];
  const at = (key: string, address: () => Promise<string | undefined>): Source => [
    key,
    async () => {
      const to = await address();
      return to === undefined ? [] : [runtime.factors[key]?.addressProof?.notice(to, user, change) ?? []].flat();
    },
  ];
  const ofField = ([field, key]: [string, string]): Source =>
    at(key, async () =>
      user.get(verifiedFieldOf(field)) === true
        ? runtime.factors[key]?.addressProof?.normalise(String(user.get(field)))
        : undefined,
    );
  const ofOther = ({ factor: key, address }: NotifiedAddress): Source =>
    at(key, async () => {
      const bucket = subjectOf('notices', appId, 'address', runtime.keyring.stableDigest('address', address));
      return (await store.count(bucket, NEW_ADDRESS_QUOTA)).allowed ? address : undefined;
    });
  return [
    ...Object.entries(runtime.factors).map(ofFactor),
    ...Object.entries(runtime.addressVerification).map(ofField),
    ...alsoAt.map(ofOther),
  ];
}

/** Returns the kind of notification that an event causes; undefined for none. */
function notificationOf(
  { factors, notices, newDeviceNotices }: Runtime,
  { type, factor, purpose }: FactorEvent,
): NotificationType | undefined {
  // A client that has proven nothing must not cause messages. A newly trusted device is too common for one.
  const isUnauthenticated = identityOf(factors[factor]) !== undefined && type === 'locked' && purpose === 'sign-in';
  const isEveryday = factors[factor]?.backup === 'after-sign-in' && (type === 'enrolled' || type === 'replaced');
  // A recovery code that served as a step-up proof has a notification of its own, `recovery_proven`.
  const hasOwnNotification = type === 'recovery_used' && purpose === 'fresh-proof';
  const isOff = !notices || (type === 'new_device' && !newDeviceNotices);
  return isOff || isUnauthenticated || isEveryday || hasOwnNotification ? undefined : NOTIFICATION_OF[type];
}

/**
 * These have a quota of their own. Otherwise a thief who knows the password could exhaust the quota, such as by logins from 20
 * new devices, and hide a recovery or a change of the factors.
 */
const OWN_QUOTA: Readonly<Partial<Record<NotificationType, string>>> = {
  recovery_proven: 'recovery',
  recovery_begun: 'recovery',
  help_issued: 'recovery',
  help_used: 'recovery',
  new_device: 'devices',
};

async function isWithinQuota({ appId, store }: Server, userId: string, type: NotificationType): Promise<boolean> {
  const bucket = subjectOf('notices', appId, userId, ...[OWN_QUOTA[type] ?? []].flat());
  const { allowed } = await store.count(bucket, QUOTA);
  return allowed;
}
