import { AsyncLocalStorage } from 'node:async_hooks';
import { FactorConfigError, FactorError } from '@parse-factors/core';
import {
  assertNoDetails,
  MessageNotAccepted,
  type Channel,
  type ConfirmedDelivery,
  type OutgoingMessage,
} from '@parse-factors/core/channel';
import {
  baseUrlOption,
  choiceOption,
  integerOption,
  optional,
  patternOption,
  resolveOptions,
  textOption,
} from '@parse-factors/core/factor';
import createClient from 'twilio';
import { SentMessages } from './sent-messages.js';

/** Options of {@link twilio}. */
export interface TwilioOptions {
  /** Account SID, `AC…`. */
  readonly accountSid: string;
  /** Auth token of the account. */
  readonly authToken: string;
  /** Sender: your number in E.164, or a sender id. Set either this or `messagingServiceSid`. */
  readonly from?: string;
  /** Messaging Service SID, `MG…`, which chooses the sender. */
  readonly messagingServiceSid?: string;
  /**
   * `whatsapp` sends by WhatsApp, from a sender that Twilio approved for it; `sms` by default. WhatsApp opens a conversation
   * only with an approved template: name it in `contentSid`.
   */
  readonly via?: 'sms' | 'whatsapp';
  /** A content template, `HX…`, that replaces the built-in text for codes. Its variable 1 is the code. */
  readonly contentSid?: string;
  /**
   * Reports to Twilio that a message has arrived once its code was verified (Message Feedback), which helps Twilio to choose
   * routes. Only the server that sent a message reports it, and only for 10 minutes. False by default.
   */
  readonly feedback?: boolean;
  /** The base URL of Twilio's API, such as a proxy; Twilio's own by default. */
  readonly baseUrl?: string;
  /** Timeout of one request in milliseconds, 50 to 60,000; 30,000 by default. */
  readonly timeoutMs?: number;
}

/**
 * Twilio's error codes about the number, not the service: invalid (21211, 21217), not reachable (21214), region blocked
 * (21408), opted out (21610), not mobile (21614).
 */
const REFUSED_NUMBERS = new Set([21211, 21214, 21217, 21408, 21610, 21614]);

/** States of a message on its way. All others are failures: `failed`, `canceled`, and states that Twilio may add. */
const ON_ITS_WAY = new Set(['accepted', 'queued', 'sending', 'sent', 'delivered']);
/** Replies of Twilio have some hundred bytes. */
const MAX_REPLY_BYTES = 65_536;
const MESSAGE_SID = /^(?:SM|MM)[0-9a-fA-F]{32}$/;

/**
 * Creates Twilio's HTTP client. It aborts a request with the message's signal and reads 64 kB of a reply at most. To a message, it
 * accepts only the documented status 201 among 2xx.
 */
function httpClientFor(
  timeout: number,
  signals: AsyncLocalStorage<AbortSignal>,
): InstanceType<typeof createClient.RequestClient> {
  const httpClient = new createClient.RequestClient({ timeout });
  httpClient.axios.interceptors.request.use((config) => {
    config.maxContentLength = MAX_REPLY_BYTES;
    const signal = signals.getStore();
    if (signal !== undefined) config.signal = signal;
    return config;
  });
  httpClient.axios.interceptors.response.use((response) => {
    if (response.config.method === 'post' && response.status < 300 && response.status !== 201) throw new MessageNotAccepted();
    return response;
  });
  return httpClient;
}

/**
 * Sends messages with Twilio's own client, with one try each. A message counts as sent after the documented reply: status 201
 * and a message with a SID, without an error, on its way. A number that Twilio refuses is `address_refused`. Any other failure
 * is one of the channel.
 * @throws FactorConfigError naming the option and what it accepts
 */
export function twilio(options: TwilioOptions): Channel {
  const { accountSid, authToken, from, messagingServiceSid, via, contentSid, feedback, baseUrl, timeoutMs } =
    resolveOptions<TwilioOptions>(
      'twilio',
      options,
      {
        accountSid: patternOption(/^AC[0-9a-zA-Z]{32}$/, 'an account SID: "AC" and 32 letters or digits'),
        authToken: textOption(200),
        from: optional(
          patternOption(
            /^(?:\+[1-9][0-9]{6,14}|[A-Za-z0-9 ]{1,11})$/,
            'a number in E.164 such as +12025550123, or a sender id of at most 11 letters and digits',
          ),
        ),
        messagingServiceSid: optional(
          patternOption(/^MG[0-9a-zA-Z]{32}$/, 'a Messaging Service SID: "MG" and 32 letters or digits'),
        ),
        via: choiceOption('sms', 'whatsapp'),
        contentSid: optional(patternOption(/^HX[0-9a-zA-Z]{32}$/, 'a Content SID: "HX" and 32 letters or digits')),
        feedback: choiceOption(true, false),
        baseUrl: optional(baseUrlOption),
        timeoutMs: integerOption(50, 60_000),
      },
      { via: 'sms', feedback: false, timeoutMs: 30_000 },
    );
  if ((from === undefined) === (messagingServiceSid === undefined)) {
    throw new FactorConfigError('twilio: set exactly one of the options "from" and "messagingServiceSid"');
  }
  const signals = new AsyncLocalStorage<AbortSignal>();
  const httpClient = httpClientFor(timeoutMs ?? 30_000, signals);
  const client = createClient(accountSid, authToken, { httpClient });
  if (baseUrl !== undefined) client.api.baseUrl = baseUrl;
  const prefix = via === 'whatsapp' ? 'whatsapp:' : '';
  const sender = from === undefined ? { messagingServiceSid: messagingServiceSid ?? '' } : { from: prefix + from };
  type Content = { readonly body: string } | { readonly contentSid: string; readonly contentVariables: string };
  const sent = new SentMessages();
  const create = async (
    { to, signal, code }: Pick<OutgoingMessage, 'to' | 'signal'> & { readonly code?: string },
    content: Content,
  ): Promise<void> => {
    try {
      const isReported = feedback === true && code !== undefined;
      const message = { ...sender, to: prefix + to, ...content, ...(isReported && { provideFeedback: true }) };
      const { sid, status, errorCode } = await signals.run(signal, () => client.messages.create(message));
      const isAccepted = MESSAGE_SID.test(sid) && ON_ITS_WAY.has(status) && (errorCode ?? undefined) === undefined;
      if (!isAccepted) throw Object.assign(new MessageNotAccepted(), { code: errorCode ?? undefined });
      if (isReported) sent.add(to, code, sid);
    } catch (cause) {
      const { code } = cause as { readonly code?: unknown };
      throw REFUSED_NUMBERS.has(Number(code)) ? new FactorError('address_refused', { cause }) : cause;
    }
  };
  return {
    name: via === 'whatsapp' ? 'twilio-whatsapp' : 'twilio',
    send: async (delivery) => {
      const { text, code } = delivery;
      if (contentSid !== undefined) assertNoDetails(delivery);
      const template = { contentSid: contentSid ?? '', contentVariables: JSON.stringify({ 1: code }) };
      return create(delivery, contentSid === undefined ? { body: text } : template);
    },
    reach: async (signal) => {
      await signals.run(signal, () => client.request({ method: 'get', uri: client.api.baseUrl }));
    },
    ...(feedback === true && {
      confirmed: async ({ to, code, signal }: ConfirmedDelivery) => {
        const sid = sent.take(to, code);
        if (sid === undefined) return;
        await signals.run(signal, () => client.messages(sid).feedback.create({ outcome: 'confirmed' }));
      },
    }),
    // WhatsApp accepts free text only in open conversations, so it sends no notifications.
    ...(via === 'whatsapp' ? {} : { notify: (notice: OutgoingMessage) => create(notice, { body: notice.text }) }),
  };
}
