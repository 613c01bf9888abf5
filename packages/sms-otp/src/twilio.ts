import {
  choiceOption,
  FactorConfigError,
  FactorError,
  integerOption,
  optional,
  resolveOptions,
  textOption,
  urlOption,
  type Channel,
  type Notice,
  type OptionRule,
} from '@parse-factors/core';
import createClient from 'twilio';

/** Options of {@link twilio}. */
export interface TwilioOptions {
  /** Account SID, `AC…`. */
  readonly accountSid: string;
  /** Auth token of the account. */
  readonly authToken: string;
  /** Sender: a number of yours in E.164, or a sender id. Either this or `messagingServiceSid`. */
  readonly from?: string;
  /** Messaging Service SID, `MG…`, which chooses the sender. */
  readonly messagingServiceSid?: string;
  /**
   * `whatsapp` sends by WhatsApp from a sender that Twilio has approved for it; `sms` by default. WhatsApp
   * opens a conversation only with an approved template: name it in `contentSid`.
   */
  readonly via?: 'sms' | 'whatsapp';
  /** A content template, `HX…`, in the place of our text for codes; its variable 1 is the code. */
  readonly contentSid?: string;
  /** Another address of Twilio's API, such as a proxy; Twilio's own by default. */
  readonly baseUrl?: string;
  /** How long one request may take, in milliseconds; 30,000 by default. */
  readonly timeoutMs?: number;
}

const matching = (pattern: RegExp, accepts: string): OptionRule => ({
  accepts,
  isValid: (value) => typeof value === 'string' && pattern.test(value),
});

/**
 * Twilio's error codes that speak of the number and not of the service: invalid (21211, 21217),
 * not reachable (21214), its region blocked (21408), opted out by its owner (21610), not mobile (21614).
 */
const REFUSED_NUMBERS = new Set([21211, 21214, 21217, 21408, 21610, 21614]);

/**
 * Sends messages with Twilio's own client, one try each. A number that Twilio refuses is
 * `address_refused`; anything else is a failure of the channel.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function twilio(options: TwilioOptions): Channel {
  const { accountSid, authToken, from, messagingServiceSid, via, contentSid, baseUrl, timeoutMs } = resolveOptions<TwilioOptions>(
    'twilio',
    options,
    {
      accountSid: matching(/^AC[0-9a-zA-Z]{32}$/, 'an account SID: AC and 32 characters'),
      authToken: textOption(200),
      from: optional(matching(/^(?:\+[1-9][0-9]{6,14}|[A-Za-z0-9 ]{1,11})$/, 'a number in E.164 or a sender id')),
      messagingServiceSid: optional(matching(/^MG[0-9a-zA-Z]{32}$/, 'a Messaging Service SID: MG and 32 characters')),
      via: choiceOption('sms', 'whatsapp'),
      contentSid: optional(matching(/^HX[0-9a-zA-Z]{32}$/, 'a Content SID: HX and 32 characters')),
      baseUrl: optional(urlOption('https:', 'http:')),
      timeoutMs: integerOption(50, 60_000),
    },
    { via: 'sms', timeoutMs: 30_000 },
  );
  if ((from === undefined) === (messagingServiceSid === undefined)) {
    throw new FactorConfigError('twilio: give exactly one of the options "from" and "messagingServiceSid"');
  }
  const client = createClient(accountSid, authToken, {
    httpClient: new createClient.RequestClient({ timeout: timeoutMs ?? 30_000 }),
  });
  if (baseUrl !== undefined) client.api.baseUrl = baseUrl;
  const prefix = via === 'whatsapp' ? 'whatsapp:' : '';
  const sender = from === undefined ? { messagingServiceSid: messagingServiceSid ?? '' } : { from: prefix + from };
  const create = async (to: string, content: { body: string } | { contentSid: string; contentVariables: string }) => {
    try {
      await client.messages.create({ ...sender, to: prefix + to, ...content });
    } catch (cause) {
      const { code } = cause as { readonly code?: unknown };
      throw REFUSED_NUMBERS.has(Number(code)) ? new FactorError('address_refused', { cause }) : cause;
    }
  };
  return {
    name: via === 'whatsapp' ? 'twilio-whatsapp' : 'twilio',
    send: ({ to, text, code }) =>
      create(to, contentSid === undefined ? { body: text } : { contentSid, contentVariables: JSON.stringify({ 1: code }) }),
    // WhatsApp opens no conversation with a text of ours.
    ...(via === 'whatsapp' ? {} : { notify: ({ to, text }: Notice) => create(to, { body: text }) }),
  };
}
