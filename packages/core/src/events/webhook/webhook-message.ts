import { createHmac } from 'node:crypto';
import type { FactorEvent } from '../../factor/factor-event.js';

/** Returns the JSON of an event (Standard Webhooks, "Payload structure"). */
export function payloadOf(event: FactorEvent, includeIp: boolean): string {
  const { ip, ...data } = event;
  const timestamp = new Date(event.at).toISOString();
  return JSON.stringify({ type: `factor.${event.type}`, timestamp, data: includeIp ? { ...data, ip } : data });
}

/**
 * Returns the headers that sign a message (Standard Webhooks, "Signature scheme"): one signature for each secret.
 *
 * @param now the time of this try, in epoch milliseconds
 */
export function signedHeaders(
  secrets: readonly Buffer[],
  { id, payload }: { readonly id: string; readonly payload: string },
  now: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${payload}`).digest('base64')}`,
  );
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
