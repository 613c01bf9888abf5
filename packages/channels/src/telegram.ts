import { assertNoDetails, type Channel, type Delivery } from '@parse-factors/core/channel';
import { optional, patternOption } from '@parse-factors/core/factor';
import { codes, notAccepted } from './support/faults.js';
import { json, post, type ProviderApi, reaching, urlOf } from './support/http.js';
import { type ProviderOptions, resolveProvider, tokenOption } from './support/provider-options.js';

export type { ProviderOptions } from './support/provider-options.js';

/** Options of {@link telegram}. */
export interface TelegramOptions extends ProviderOptions {
  /** The access token of the account at Telegram Gateway. */
  readonly accessToken: string;
  /** The user name of your verified Telegram channel that codes come from; Telegram's own by default. */
  readonly senderUsername?: string;
}

/** Codes that Telegram Gateway takes: 4 to 8 digits. */
const CODE = /^[0-9]{4,8}$/;
/** Bounds of the time in which Telegram may deliver, in seconds. */
const SHORTEST_TTL = 30;
const LONGEST_TTL = 3600;

/**
 * Sends codes by Telegram Gateway, with one try each. Telegram writes the text, and delivers only while the code is valid. A
 * message counts as sent after the documented reply: status 200, `ok` and a request id. If the number has no Telegram account,
 * `failover` tries its next channel. An invalid number is `address_refused`. Any other failure is one of the channel. Sends no
 * notifications, because the Gateway takes only codes.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function telegram(options: TelegramOptions): Channel {
  const { accessToken, senderUsername, baseUrl, timeoutMs } = resolveProvider<TelegramOptions>('telegram', options, {
    accessToken: tokenOption,
    senderUsername: optional(
      patternOption(/^[A-Za-z]\w{3,31}$/, 'a user name of 4 to 32 letters, digits and underscores, without @'),
    ),
  });
  const url = urlOf(baseUrl ?? 'https://gatewayapi.telegram.org', '/sendVerificationMessage');
  const api: ProviderApi = {
    timeoutMs,
    headers: { Authorization: `Bearer ${accessToken}` },
    isAccepted: ({ status, body: { ok, result } }) => {
      const { request_id: id } = Object(result) as { readonly request_id?: unknown };
      return status === 200 && ok === true && typeof id === 'string' && id !== '';
    },
    // Waits have their seconds at the end: FLOOD_WAIT_30.
    codeOf: ({ body: { error } }) => (typeof error === 'string' ? error.replace(/_[0-9]{1,6}$/, '') : undefined),
    meanings: {
      ...codes('refused', 'PHONE_NUMBER_INVALID'),
      ...codes('unreachable', 'PHONE_NUMBER_NOT_FOUND', 'PHONE_NUMBER_NOT_AVAILABLE'),
      ...codes('throttled', 'FLOOD_WAIT'),
    },
  };
  return {
    name: 'telegram',
    ...reaching(url, api),
    send: async ({ to, code, validMinutes, signal, ...content }: Delivery) => {
      assertNoDetails(content);
      if (!CODE.test(code)) throw notAccepted('code_has_wrong_length');
      const ttl = Math.min(Math.max(validMinutes * 60, SHORTEST_TTL), LONGEST_TTL);
      const sender = senderUsername === undefined ? {} : { sender_username: senderUsername };
      return post(api, { url, body: json({ phone_number: to, code, ttl, ...sender }), signal });
    },
  };
}
