import { EnrolmentRecords } from '../account/enrolment-sealer.js';
import { subjectOf } from '../crypto/subject.js';
import { faultName } from '../error/fault-name.js';
import type { FactorUser } from '../factor/context.js';
import type { FactorEvent, FactorEventType } from '../factor/factor-event.js';
import type { NoticeType } from '../factor/notification.js';
import type { AskedRequest } from '../flows/factor-context.js';
import type { FactorRuntime } from '../flows/runtime.js';
import { ipOf } from '../parse/client-ip.js';
import type { HookRequest } from '../parse/parse-types.js';
import { authDataOf } from '../parse/parse-user.js';
import { tell } from './event-dispatcher.js';

const NOTICE_OF: Readonly<Partial<Record<FactorEventType, NoticeType>>> = {
  enrolled: 'enrolled',
  replaced: 'replaced',
  removed: 'removed',
  reset: 'removed',
  recovery_used: 'recovery_used',
  recovery_proven: 'recovery_proven',
  recovery_begun: 'recovery_begun',
  locked: 'locked',
};

/** Notices to one user in a day, so that nobody is buried in them, and no bill is run up. */
const QUOTA = { limit: 20, windowMs: 24 * 60 * 60_000 };

/**
 * Tells a user of a change to his account, at every address of his that was known before it: never
 * at a new one. Nobody waits for it, and what fails changes nothing but is an event.
 *
 * @param user the row as it was stored before
 */
export async function sendNotices(
  runtime: FactorRuntime,
  asked: AskedRequest,
  event: FactorEvent,
  user: FactorUser,
): Promise<void> {
  const type = noticeOf(runtime, event);
  if (type === undefined) return;
  const { installationId, config } = asked;
  const request = { headers: config.headers ?? {}, ip: ipOf(runtime.clientIp, asked), installationId };
  const told = new Set<string>();
  let isCounted = false;
  for (const [key, factor] of Object.entries(runtime.factors)) {
    const owner = { appId: config.appId, userId: user.id, key, createdAt: user.get('createdAt') };
    const record = authDataOf(user)[key] ?? undefined;
    try {
      const enrolment = record && new EnrolmentRecords(runtime, owner, factor).open(record).enrolment;
      for (const { address, send } of factor.notices(user, enrolment, { type, request })) {
        if (told.has(address)) continue;
        told.add(address);
        if (!isCounted && !(await isWithinQuota(runtime, config, user, type))) return;
        isCounted = true;
        await send({ appId: config.appId, key, store: runtime.storeFor(config), keyring: runtime.keyring });
        tell(runtime.onEvent, { ...event, type: 'notified', factor: key, reason: type });
      }
    } catch (fault) {
      tell(runtime.onEvent, { ...event, type: 'delivery_failed', factor: key, reason: faultName(fault) });
    }
  }
}

/** What the user is told of, if anything. */
function noticeOf({ factors, notices }: FactorRuntime, { type, factor, purpose }: FactorEvent): NoticeType | undefined {
  const { standIn, signIn } = factors[factor] ?? {};
  // Who has proven nothing makes no message go out; and trusting a device is everyday.
  const isByStranger = signIn !== undefined && type === 'locked' && purpose === 'sign-in';
  const isEveryday = standIn === 'login' && (type === 'enrolled' || type === 'replaced');
  // What is given as a proof is told as that.
  const isToldOtherwise = type === 'recovery_used' && purpose === 'fresh-proof';
  return !notices || isByStranger || isEveryday || isToldOtherwise ? undefined : NOTICE_OF[type];
}

/** Of their own for what must not go unseen: a thief who knows the password can use the others up. */
const APART: readonly NoticeType[] = ['recovery_proven', 'recovery_begun'];

async function isWithinQuota(
  runtime: FactorRuntime,
  config: HookRequest['config'],
  user: FactorUser,
  type: NoticeType,
): Promise<boolean> {
  const bucket = subjectOf('notices', config.appId, user.id, ...(APART.includes(type) ? ['recovery'] : []));
  const { allowed } = await runtime.storeFor(config).count(bucket, QUOTA);
  return allowed;
}
