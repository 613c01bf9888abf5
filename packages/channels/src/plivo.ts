import { FactorConfigError } from '@parse-factors/core';
import type { Channel, OutgoingMessage } from '@parse-factors/core/channel';
import { optional, patternOption } from '@parse-factors/core/factor';
import { codes } from './support/faults.js';
import { basic, json, post, type ProviderApi, reaching, urlOf } from './support/http.js';
import { type ProviderOptions, resolveProvider, textSenderOption, tokenOption } from './support/provider-options.js';
import { withoutPlus } from './support/without-plus.js';

export type { ProviderOptions } from './support/provider-options.js';

/** Options of {@link plivo}. */
export interface PlivoOptions extends ProviderOptions {
  /** The auth id of the account, `MA…` or `SA…`. */
  readonly authId: string;
  /** The auth token of the account. */
  readonly authToken: string;
  /** Sender: your number in E.164, a short code, or a sender id. Set either this or `powerpackUuid`. */
  readonly from?: string;
  /** The id of a Powerpack, which chooses the sender. */
  readonly powerpackUuid?: string;
}

/**
 * Sends SMS by Plivo's API, with one try each. Plivo does not keep the text. A message counts as sent after the documented
 * reply: status 202 and the id of one message. A number that Plivo calls invalid is `address_refused`. Any other failure is one
 * of the channel.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function plivo(options: PlivoOptions): Channel {
  const { authId, authToken, from, powerpackUuid, baseUrl, timeoutMs } = resolveProvider<PlivoOptions>('plivo', options, {
    authId: patternOption(/^[MS]A[A-Z0-9]{18}$/, 'an auth id: "MA" or "SA" and 18 letters or digits'),
    authToken: tokenOption,
    from: optional(textSenderOption),
    powerpackUuid: optional(patternOption(/^[0-9a-f-]{36}$/, 'the UUID of a Powerpack')),
  });
  if ((from === undefined) === (powerpackUuid === undefined)) {
    throw new FactorConfigError('plivo: set exactly one of the options "from" and "powerpackUuid"');
  }
  const url = urlOf(baseUrl ?? 'https://api.plivo.com', `/v1/Account/${authId}/Message/`);
  const sender = from === undefined ? { powerpack_uuid: powerpackUuid } : { src: withoutPlus(from) };
  const api: ProviderApi = {
    timeoutMs,
    headers: { Authorization: basic(authId, authToken) },
    isAccepted: ({ status, body: { message_uuid: ids } }) =>
      status === 202 && Array.isArray(ids) && ids.length === 1 && typeof ids[0] === 'string' && ids[0] !== '',
    // Plivo has texts and no codes. It lists the numbers that it cannot send to.
    codeOf: ({ body: { invalid_number: invalid } }) => (Array.isArray(invalid) ? 'invalid_number' : undefined),
    meanings: codes('refused', 'invalid_number'),
  };
  const send = async ({ to, text, signal }: OutgoingMessage): Promise<void> =>
    post(api, { url, body: json({ ...sender, dst: withoutPlus(to), text, type: 'sms', log: false }), signal });
  return { name: 'plivo', send, notify: send, ...reaching(url, api) };
}
