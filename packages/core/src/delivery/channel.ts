import type { FactorUser } from '../factor/context.js';
import type { Purpose } from '../factor/purpose.js';
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
export interface OutgoingMessage<Address = string> extends MessageText {
  /** Where it goes: an E.164 number or a normalised e-mail address. */
  readonly to: Address;
  /**
   * Aborted when the time for delivery is over. The code is void then: a channel must not send the message
   * later. A listener must not throw: Node would end the process.
   */
  readonly signal: AbortSignal;
}

/** A message with a code on its way. */
export interface Delivery<Address = string> extends MessageContent, OutgoingMessage<Address> {}

/** Takes messages to their address. Resolves only when the provider said that it accepted the message, rejects otherwise. */
export interface Channel<Address = string> {
  /** What the channel is called in logs. */
  readonly name: string;
  /** Sends one message with a code, once. */
  send(delivery: Delivery<Address>): Promise<void>;
  /** Sends one notice, once; a channel without it sends none. */
  notify?(notice: OutgoingMessage<Address>): Promise<void>;
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
