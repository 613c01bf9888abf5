import { EnrolmentSealer } from '../account/records/enrolment-sealer.js';
import type { AccountState, Server, ServerRequest } from '../account/ports.js';
import type { Runtime } from '../account/runtime.js';
import { subjectOf } from '../crypto/subject.js';
import { faultName } from '../error/fault-name.js';
import type { FactorEvent, FactorEventType } from '../factor/factor-event.js';
import type { NotificationType } from '../factor/notification.js';
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
  password_reset: 'password_reset',
  new_device: 'new_device',
  locked: 'locked',
};

/**
 * How many notifications one user receives in a day. The limit stops an attacker from flooding the user or running up costs.
 */
const QUOTA = { limit: 20, windowMs: 24 * 60 * 60_000 };

/**
 * Notifies a user of a change to their account, at every address that was known before the change. A new address never gets
 * the message, as it may be the attacker's.
 *
 * No reply waits for it. It never fails the change: failures are emitted as `delivery_failed`.
 *
 * @param user the row as it was stored before
 */
export async function sendNotifications(
  runtime: Runtime,
  { client: request, server }: ServerRequest,
  event: FactorEvent,
  { id, user, stored }: AccountState,
): Promise<void> {
  const type = notificationOf(runtime, event);
  if (type === undefined) return;
  const { appId, store } = server;
  const notified = new Set<string>();
  let isCounted = false;
  for (const [key, factor] of Object.entries(runtime.factors)) {
    const owner = { appId, userId: id, key, createdAt: user.get('createdAt') };
    const record = stored[key] ?? undefined;
    try {
      const enrolment = record && new EnrolmentSealer(runtime, owner, factor).open(record).enrolment;
      for (const { address, send } of factor.notifies?.notificationsFor(user, enrolment, { type, request }) ?? []) {
        if (notified.has(address)) continue;
        notified.add(address);
        if (!isCounted && !(await isWithinQuota(server, id, type))) return;
        isCounted = true;
        await send({ appId, key, store, keyring: runtime.keyring });
        notifyListener(runtime.onEvent, { ...event, type: 'notified', factor: key, reason: type });
      }
    } catch (fault) {
      notifyListener(runtime.onEvent, { ...event, type: 'delivery_failed', factor: key, reason: faultName(fault) });
    }
  }
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

/** These have a quota of their own. Otherwise a thief who knows the password could exhaust the quota and hide a recovery. */
const OWN_QUOTA: readonly NotificationType[] = ['recovery_proven', 'recovery_begun'];

async function isWithinQuota({ appId, store }: Server, userId: string, type: NotificationType): Promise<boolean> {
  const bucket = subjectOf('notices', appId, userId, ...(OWN_QUOTA.includes(type) ? ['recovery'] : []));
  const { allowed } = await store.count(bucket, QUOTA);
  return allowed;
}
