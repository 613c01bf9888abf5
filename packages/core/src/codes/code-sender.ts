import type { Channel, MessageContent } from '../delivery/channel.js';
import { codeMessage, codeSentence, noticeMessage, withLastLine } from '../delivery/message.js';
import { channelOf } from '../delivery/verifier.js';
import { FactorError, isAddressRefused } from '../error/factor-error.js';
import type { FactorUser, RequestContext } from '../factor/context.js';
import type { AccountChange, SecurityNotification } from '../factor/notification.js';
import { withTimeout } from '../time/timeout.js';
import { escapeHtml } from '../validation/escape-html.js';
import type { PaymentDetails } from '../validation/payment-details.js';
import type { AddressType } from './address-type.js';
import type { CodeBinding } from './code-binding.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import type { MessageLimits } from './limits/send-limits.js';
import { MINUTE_MS } from '../time/durations.js';

/** Refuses a message of the application that leaves the payment out: the user must read what they confirm (PSD2 RTS, article 5). */
function assertShown({ amount, payee }: PaymentDetails, text: string, html: string = text): void {
  const isIn = (part: string, shown: string): boolean => part.includes(shown) || part.includes(escapeHtml(shown));
  if ([text, html].every((part) => isIn(part, amount) && isIn(part, payee))) return;
  throw new TypeError('option "message" must show the amount and the payee of a payment');
}

/** Writes messages and passes them to the channel. */
export class CodeSender {
  readonly #type: AddressType;
  readonly #options: ResolvedCodeFactorOptions;
  readonly #channel: Channel;
  readonly #limits: MessageLimits;

  constructor(addressType: AddressType, options: ResolvedCodeFactorOptions, limits: MessageLimits) {
    this.#type = addressType;
    this.#limits = limits;
    this.#options = options;
    this.#channel = channelOf(options.channel);
  }

  /**
   * Sends a code.
   *
   * @throws FactorError `delivery_failed`, `address_refused`
   */
  async deliver(
    { headers, ip, installationId }: RequestContext,
    { user, purpose, address: to, details }: CodeBinding,
    live: Pick<MessageContent, 'code' | 'expiresAt' | 'via'>,
  ): Promise<void> {
    const { validityMs, deliveryTimeoutMs, appName } = this.#options;
    try {
      const validMinutes = Math.max(1, Math.floor(validityMs / MINUTE_MS));
      const request = { headers, ip, installationId };
      const locale = this.#options.locale(user, request);
      const message = { ...live, purpose, validMinutes, user, locale, ...(details !== undefined && { details }) };
      const { noun, autofillLine } = this.#type;
      const own = this.#options.message?.(message);
      const { subject, text, html } = own ?? codeMessage(message, noun, appName);
      if ([subject, text, html ?? ''].some((part) => typeof part !== 'string'))
        throw new TypeError('option "message" must return the strings subject and text');
      if (details !== undefined) assertShown(details, text, html);
      const short = own === undefined ? codeSentence(message, noun, appName) : text;
      const written = { subject, text: withLastLine(autofillLine?.(live.code, request), text, short) };
      const delivery = { ...message, ...written, ...(html !== undefined && { html }), to };
      await withTimeout(deliveryTimeoutMs, (signal) => this.#channel.send({ ...delivery, signal }));
    } catch (cause) {
      throw isAddressRefused(cause) ? cause : new FactorError('delivery_failed', { cause });
    }
  }

  /** Lets the channel report that a code was verified. The reply to the client does not wait for it. */
  confirm({ later }: Pick<RequestContext, 'later'>, to: string, code: string): void {
    const channel = this.#channel;
    if (channel.confirmed === undefined) return;
    later(withTimeout(this.#options.deliveryTimeoutMs, async (signal) => channel.confirmed?.({ to, code, signal })));
  }

  /** Whether the channel sends security notifications. */
  get sendsNotices(): boolean {
    return this.#channel.notify !== undefined;
  }

  /**
   * Prepares a security notification to an address. Returns undefined if the channel sends none.
   *
   * @param to the address
   */
  notice(to: string, user: FactorUser, { type, request }: AccountChange): SecurityNotification | undefined {
    const channel = this.#channel;
    if (channel.notify === undefined) return undefined;
    const { deliveryTimeoutMs, locale, appName } = this.#options;
    return {
      address: to,
      send: async (context) => {
        await this.#limits.reserveNotification(context, to);
        const written = { ...noticeMessage(type, locale(user, request), appName), to };
        await withTimeout(deliveryTimeoutMs, async (signal) => channel.notify?.({ ...written, signal }));
      },
    };
  }
}
