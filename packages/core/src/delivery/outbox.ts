import { FactorConfigError } from '../error/config-error.js';
import { systemClock } from '../time/clock.js';
import type { Channel, OutgoingMessage } from './channel.js';

/** A message that an {@link Outbox} keeps. */
export interface OutboxMessage {
  /** The outbox's name. */
  readonly channel: string;
  /** The recipient. */
  readonly to: string;
  /** Its subject line. */
  readonly subject: string;
  /** Its plain text. */
  readonly text: string;
  /** Its HTML part, if it has one. */
  readonly html?: string;
  /** When it was sent, in ISO 8601. */
  readonly sentAt: string;
}

/** A channel that keeps messages instead of sending them. */
export interface Outbox extends Channel {
  /** The last 1000 messages, oldest first. Set its length to 0 to empty it. */
  readonly messages: OutboxMessage[];
}

export const OUTBOX_SIZE = 1000;

/**
 * Makes a channel for tests and development. It keeps messages in memory, with their codes in clear text.
 *
 * @param options all may be left out
 * @param options.name the channel's name, `outbox` by default
 * @param options.clock the time in epoch milliseconds, `Date.now` by default
 * @throws FactorConfigError if `NODE_ENV` is `production`
 * @example
 * ```ts
 * import { outbox } from '@parse-factors/core';
 * import { EmailOtpFactor } from '@parse-factors/email-otp';
 * import { lastCode } from '@parse-factors/testing';
 *
 * const mail = outbox();
 * export const email = new EmailOtpFactor({ channel: mail });
 * export const codeFor = (address: string): string => lastCode(mail, address);
 * ```
 */
export function outbox({
  name = 'outbox',
  clock = systemClock,
}: { readonly name?: string; readonly clock?: () => number } = {}): Outbox {
  if (process.env['NODE_ENV'] === 'production') {
    throw new FactorConfigError(
      'outbox: it stores codes in plain text and sends nothing, so it must not be used with NODE_ENV=production; use a real channel',
    );
  }
  const messages: OutboxMessage[] = [];
  const keep = async ({ to, subject, text, html }: OutgoingMessage): Promise<void> => {
    const sentAt = new Date(clock()).toISOString();
    messages.push({ channel: name, to, subject, text, ...(html !== undefined && { html }), sentAt });
    if (messages.length > OUTBOX_SIZE) messages.shift();
  };
  return { name, messages, send: keep, notify: keep };
}
