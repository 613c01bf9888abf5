import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { Delivery, OutgoingMessage } from '@parse-factors/core/channel';

/** New in each process. Without it, a key in a provider's log would let others find the code by trying all. */
const SECRET = randomBytes(32);

/**
 * Returns the idempotency key of a message. Sending the same code to the same address again, for example by a wrapper that
 * retries, gives the same key. Each notification has its own, because two equal ones are two events.
 */
export function idempotencyKey(message: OutgoingMessage | Delivery): string {
  if (!('code' in message)) return randomUUID();
  const { to, code, expiresAt } = message;
  return createHmac('sha256', SECRET)
    .update(JSON.stringify([to, code, expiresAt]))
    .digest('hex')
    .slice(0, 32);
}
