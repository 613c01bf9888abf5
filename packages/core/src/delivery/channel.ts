import type { FactorUser } from '../factor/context.js';
import type { Purpose } from '../factor/purpose.js';
import { isClass, type OptionRule } from '../validation/options.js';
import type { PaymentDetails } from '../validation/payment-details.js';

/** The text of a message. */
export interface MessageText {
  /** The subject line, for channels that have one. */
  readonly subject: string;
  /** The plain text. */
  readonly text: string;
  /** The same text as HTML, for channels that send it; none by default. */
  readonly html?: string;
}

/** The values that a message is written from. */
export interface MessageContent {
  /** The code, in ASCII digits. */
  readonly code: string;
  /** When the code expires, in epoch milliseconds. */
  readonly expiresAt: number;
  /** In how many minutes it expires, at least 1. */
  readonly validMinutes: number;
  /** What the code is for. */
  readonly purpose: Purpose;
  /** The language as a BCP 47 tag. */
  readonly locale: string;
  /** The user who receives it; undefined if the user is not known yet. */
  readonly user: FactorUser | undefined;
  /** The way that the client has chosen, or the default one; left out if the channel offers no {@link Channel.ways}. */
  readonly via?: string;
  /**
   * The payment that the code confirms; only for the purpose `payment`. Its text must show both values. A channel that sends a
   * text of its own must reject such a message, with {@link RecipientUnreachable}.
   */
  readonly details?: PaymentDetails;
}

/** A written message to send. */
export interface OutgoingMessage<Address = string> extends MessageText {
  /** The recipient: an E.164 number or a normalised email address. */
  readonly to: Address;
  /**
   * Aborted when the time for delivery is over. The code is void then, so a channel must not send the message later.
   * A listener must not throw: Node would end the process.
   */
  readonly signal: AbortSignal;
}

/** A message with a code to send. */
export interface Delivery<Address = string> extends MessageContent, OutgoingMessage<Address> {}

/** A code that its user has typed correctly: its message has arrived. */
export interface ConfirmedDelivery<Address = string> {
  /** The recipient of the message. */
  readonly to: Address;
  /** The code, in ASCII digits. It is used up by now. */
  readonly code: string;
  /** Aborted after the factor's `deliveryTimeoutMs`. A listener must not throw. */
  readonly signal: AbortSignal;
}

/**
 * Sends messages to their recipients. Each call resolves only if the provider confirmed that it accepted the message;
 * otherwise it rejects.
 */
export interface Channel<Address = string> {
  /** The channel's name in logs. */
  readonly name: string;
  /**
   * The names of the ways by which it sends a code, if clients can choose: 2 to 8, each of 1 to 20 lower-case letters, digits
   * and hyphens, beginning with a letter. The first is the default. `Delivery.via` has the chosen one.
   */
  readonly ways?: readonly string[];
  /** Sends one message with a code, once. */
  send(delivery: Delivery<Address>): Promise<void>;
  /** Sends one security notification, once. A channel without this method sends none. */
  notify?(notice: OutgoingMessage<Address>): Promise<void>;
  /**
   * Called after a code was verified and used up, so that a channel can report the conversion to its provider. It is not called
   * for the fixed codes of tests. Where a user has several addresses, it is called for each that the code may have been sent to,
   * and another server may have sent it. A channel must therefore report a conversion only if it has itself sent this code to
   * this address. The reply to the client does not wait for it, and rejections are ignored.
   */
  confirmed?(delivery: ConfirmedDelivery<Address>): Promise<void>;
  /**
   * Tries to reach the provider without sending anything, for `parse-factors doctor`: with the same client, address, proxy and
   * TLS settings as a message. Resolves once the provider has answered anything by HTTP, because a key that may only send is
   * refused everything else. Otherwise it rejects; only the code or the name of the error is shown. Without this method, the
   * channel is not tried.
   *
   * @param signal aborted after 10 seconds at most. A listener must not throw
   */
  reach?(signal: AbortSignal): Promise<void>;
}

/**
 * The provider's response does not confirm that it accepted the message, for example a proxy's page with status 200.
 * The error holds none of the response; events show only its name.
 */
export class MessageNotAccepted extends Error {
  override readonly name = 'MessageNotAccepted';
}

/**
 * The channel works, but cannot reach this recipient, for example because the number has no account of a messenger.
 * `failover` tries its next channel and does not count a failure. Without a next channel the client receives
 * `delivery_failed`.
 */
export class RecipientUnreachable extends Error {
  override readonly name = 'RecipientUnreachable';
}

/**
 * Refuses the code of a payment, for channels that send a text of their own: the user would not see what they confirm.
 *
 * @throws RecipientUnreachable, so that `failover` tries its next channel
 */
export function assertNoDetails({ details }: Pick<MessageContent, 'details'>): void {
  if (details !== undefined) throw new RecipientUnreachable('this channel cannot show the details of a payment');
}

/** A function is accepted wherever a channel is. */
export type ChannelLike<Address = string> = Channel<Address> | ((delivery: Delivery<Address>) => Promise<void> | void);

/** Whether a list names ways as {@link Channel.ways} describes. */
export const isWays = (value: unknown): value is readonly string[] =>
  Array.isArray(value) &&
  value.length >= 2 &&
  value.length <= 8 &&
  new Set(value).size === value.length &&
  value.every((name) => typeof name === 'string' && /^[a-z][a-z0-9-]{0,19}$/.test(name));

/** Returns the names of the ways that a channel offers; undefined for none. */
export const waysOf = (like: unknown): readonly string[] | undefined => {
  const offered: unknown = typeof like === 'object' && like !== null && 'ways' in like ? like.ways : undefined;
  return isWays(offered) ? offered : undefined;
};

/** Accepts a channel, or a function that serves as one. */
export const channelOption: OptionRule = {
  accepts: 'a channel ({ name, send }) or a function',
  isValid: (value) =>
    (typeof value === 'function' && !isClass(value)) ||
    (typeof value === 'object' &&
      value !== null &&
      'send' in value &&
      typeof value.send === 'function' &&
      'name' in value &&
      (!('ways' in value) || value.ways === undefined || isWays(value.ways))),
};

/** Returns the channel, or wraps a function as one. */
export const toChannel = <Address>(like: ChannelLike<Address>): Channel<Address> =>
  typeof like === 'function' ? { name: like.name || 'function', send: async (delivery) => like(delivery) } : like;

/** Returns the method `confirmed` of a channel that is made of others. Each of them knows what it has sent. */
export function confirmingAll(channels: readonly Channel[]): Pick<Channel, 'confirmed'> {
  const reporting = channels.filter(({ confirmed }) => confirmed !== undefined);
  if (reporting.length === 0) return {};
  return {
    confirmed: async (delivery) =>
      void (await Promise.allSettled(reporting.map(async (channel) => channel.confirmed?.(delivery)))),
  };
}
