import { type Received, StandIn, type StandInAnswer, type StandInReply } from './provider-stand-in.js';

/** A message that the endpoint has received. */
export interface ReceivedMessage extends Received {
  readonly id: string;
  /** When it was sent, in seconds since 1970. */
  readonly sentAt: number;
  /** The JSON of the body. */
  readonly event: { readonly type: string; readonly timestamp: string; readonly data: Readonly<Record<string, unknown>> };
}

/** An answer without a body. */
export const status = (code: number, headers: Record<string, string> = {}): StandInReply => ({
  status: code,
  body: '',
  headers,
});

/** The receiver of a webhook, on this machine. It accepts everything until it is told to answer otherwise. */
export class WebhookEndpoint extends StandIn {
  override answer: StandInAnswer = status(204);

  get messages(): readonly ReceivedMessage[] {
    return this.received.map((request) => ({
      ...request,
      id: String(request.headers['webhook-id']),
      sentAt: Number(request.headers['webhook-timestamp']),
      event: JSON.parse(request.body) as ReceivedMessage['event'],
    }));
  }

  /** The types of the events that were received, in their order. */
  get types(): readonly string[] {
    return this.messages.map(({ event }) => event.type);
  }

  /** Forgets what was received, and accepts everything. */
  reset(): void {
    this.received.length = 0;
    this.answer = status(204);
  }
}

/**
 * Whether one of a message's signatures was made with this secret, as a receiver of Standard Webhooks checks it. It uses the Web
 * Crypto API, and so other code than the sender.
 */
export async function isSignedBy(secret: string, { headers, body }: Received): Promise<boolean> {
  const raw = Uint8Array.from(atob(secret.slice('whsec_'.length)), (letter) => letter.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  const signed = new TextEncoder().encode(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`);
  for (const entry of String(headers['webhook-signature']).split(' ')) {
    const [version, encoded = ''] = entry.split(',');
    const signature = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    if (version === 'v1' && (await crypto.subtle.verify('HMAC', key, signature, signed))) return true;
  }
  return false;
}

/** Makes a secret for a webhook. */
export const webhookSecret = (): string => `whsec_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')}`;
