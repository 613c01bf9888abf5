import type { WaitingEvent } from '../../account/event-ports.js';
import { signedHeaders } from './webhook-message.js';
import type { ResolvedWebhook } from './webhook-options.js';

/** How the endpoint has answered. */
export interface EndpointAnswer {
  /** The HTTP status; undefined if there was no answer in time. */
  readonly status: number | undefined;
  /** How long the endpoint asks to wait before the next try, in milliseconds. */
  readonly retryAfterMs: number;
}

/**
 * Sends a message once. Redirects are not followed, and the body of the answer is not read. Never rejects.
 *
 * @param now the time of this try, in epoch milliseconds
 */
export async function postWebhook(
  { url, secrets, timeoutMs }: ResolvedWebhook,
  message: WaitingEvent,
  now: number,
): Promise<EndpointAnswer> {
  try {
    const { status, headers, body } = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'parse-factors',
        ...signedHeaders(secrets, message, now),
      },
      body: message.payload,
      signal: AbortSignal.timeout(timeoutMs),
    });
    await body?.cancel().catch(() => undefined);
    return { status, retryAfterMs: secondsIn(headers.get('retry-after')) * 1000 };
  } catch {
    return { status: undefined, retryAfterMs: 0 };
  }
}

/** Reads `Retry-After` in seconds (RFC 9110, 10.2.3). Its other form, a date, depends on two clocks and is left out. */
const secondsIn = (header: string | null): number => (header !== null && /^\d{1,9}$/.test(header) ? Number(header) : 0);
