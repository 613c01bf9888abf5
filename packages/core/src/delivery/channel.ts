import { systemClock } from '../time/clock.js';
import { FactorConfigError } from '../error/factor-error.js';
import type { FactorUser, Purpose } from '../factor/factor.js';
import { isClass, type OptionRule } from '../validation/options.js';

/** The text of a message. */
export interface MessageText {
  /** The subject line, where the channel has one. */
  readonly subject: string;
  /** The plain text. */
  readonly text: string;
  /** The same as HTML, for channels that send it; none by default. */
  readonly html?: string;
}

/** What a message is made from. */
export interface MessageContent {
  /** The code, in ASCII digits. */
  readonly code: string;
  /** When the code dies, in epoch milliseconds. */
  readonly expiresAt: number;
  /** How many minutes that is from now, at least 1. */
  readonly validMinutes: number;
  /** What the code is for. */
  readonly purpose: Purpose;
  /** The language as a BCP 47 tag. */
  readonly locale: string;
  /** Whom it is for; undefined where nobody is known yet. */
  readonly user: FactorUser | undefined;
}

/** A written message on its way. */
export interface Notice<Address = string> extends MessageText {
  /** Where it goes: an E.164 number or a normalised e-mail address. */
  readonly to: Address;
  /**
   * Aborted when the time for delivery is over. The code is void then: a channel must not send the message
   * later. A listener must not throw: Node would end the process.
   */
  readonly signal: AbortSignal;
}

/** A message with a code on its way. */
export interface Delivery<Address = string> extends MessageContent, Notice<Address> {}

/** Takes messages to their address. Resolves only when the provider said that it accepted the message, rejects otherwise. */
export interface Channel<Address = string> {
  /** What the channel is called in logs. */
  readonly name: string;
  /** Sends one message with a code, once. */
  send(delivery: Delivery<Address>): Promise<void>;
  /** Sends one notice, once; a channel without it sends none. */
  notify?(notice: Notice<Address>): Promise<void>;
}

/**
 * A provider's answer that is not the documented one for a message that it accepted, such as a page of a
 * proxy with status 200. It carries no text of the answer: events show its name alone.
 */
export class MessageNotAccepted extends Error {
  override readonly name = 'MessageNotAccepted';
}

/** A function is accepted wherever a channel is. */
export type ChannelLike<Address = string> = Channel<Address> | ((delivery: Delivery<Address>) => Promise<void> | void);

/** Accepts a channel, or a function that serves as one. */
export const channelOption: OptionRule = {
  accepts: 'a channel ({ name, send }) or a function',
  isValid: (value) =>
    (typeof value === 'function' && !isClass(value)) ||
    (typeof value === 'object' && value !== null && 'send' in value && typeof value.send === 'function' && 'name' in value),
};

/** The channel that a channel or function is. */
export const toChannel = <Address>(like: ChannelLike<Address>): Channel<Address> =>
  typeof like === 'function' ? { name: like.name || 'function', send: async (delivery) => like(delivery) } : like;

/** A message that an {@link Outbox} keeps. */
export interface OutboxMessage {
  /** The outbox's name. */
  readonly channel: string;
  /** Where it would have gone. */
  readonly to: string;
  /** Its subject line. */
  readonly subject: string;
  /** Its plain text. */
  readonly text: string;
  /** Its HTML part, where it has one. */
  readonly html?: string;
  /** When it was sent, ISO 8601. */
  readonly sentAt: string;
}

/** A channel that keeps messages instead of sending them. */
export interface Outbox extends Channel {
  /** The messages, oldest first; the last 1000. Set its length to 0 to empty it. */
  readonly messages: OutboxMessage[];
}

const OUTBOX_SIZE = 1000;

/**
 * A channel for tests and development: keeps messages in memory, codes in clear.
 *
 * @param options all may be left out
 * @param options.name what the channel is called, `outbox` by default
 * @param options.clock the time in epoch milliseconds, `Date.now` by default
 * @throws FactorConfigError when `NODE_ENV` is `production`
 */
export function outbox({
  name = 'outbox',
  clock = systemClock,
}: { readonly name?: string; readonly clock?: () => number } = {}): Outbox {
  if (process.env['NODE_ENV'] === 'production') {
    throw new FactorConfigError('outbox() keeps codes in clear and sends nothing: it must not be used with NODE_ENV=production');
  }
  const messages: OutboxMessage[] = [];
  const keep = async ({ to, subject, text, html }: Notice): Promise<void> => {
    const sentAt = new Date(clock()).toISOString();
    messages.push({ channel: name, to, subject, text, ...(html !== undefined && { html }), sentAt });
    if (messages.length > OUTBOX_SIZE) messages.shift();
  };
  return { name, messages, send: keep, notify: keep };
}
