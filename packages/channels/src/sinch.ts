import type { Channel, OutgoingMessage } from '@parse-factors/core/channel';
import { choiceOption } from '@parse-factors/core/factor';
import { json, post, type ProviderApi, reaching, urlOf } from './support/http.js';
import { idOption, type ProviderOptions, resolveProvider, textSenderOption, tokenOption } from './support/provider-options.js';

export type { ProviderOptions } from './support/provider-options.js';

/** Options of {@link sinch}. */
export interface SinchOptions extends ProviderOptions {
  /** The id of the service plan. */
  readonly servicePlanId: string;
  /** The API token of the service plan. */
  readonly apiToken: string;
  /** Sender: your number in E.164, a short code, or a sender id. */
  readonly from: string;
  /** Where the service plan is: `us`, `eu`, `au`, `br` or `ca`; `us` by default. */
  readonly region?: 'us' | 'eu' | 'au' | 'br' | 'ca';
}

/**
 * Sends SMS by Sinch's REST API, with one try each. A message counts as sent after the documented reply: status 201 with the id
 * of a batch to this number. Sinch reports about refused numbers only later, so any failure is one of the channel.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function sinch(options: SinchOptions): Channel {
  const { servicePlanId, apiToken, from, region, baseUrl, timeoutMs } = resolveProvider<SinchOptions, 'region'>(
    'sinch',
    options,
    {
      servicePlanId: idOption('the id of a service plan: letters and digits'),
      apiToken: tokenOption,
      from: textSenderOption,
      region: choiceOption('us', 'eu', 'au', 'br', 'ca'),
    },
    { region: 'us' },
  );
  const url = urlOf(baseUrl ?? `https://${region}.sms.api.sinch.com`, `/xms/v1/${servicePlanId}/batches`);
  const api: ProviderApi = {
    timeoutMs,
    headers: { Authorization: `Bearer ${apiToken}` },
    isAccepted: ({ status, body: { id, to, canceled } }) =>
      status === 201 && typeof id === 'string' && id !== '' && Array.isArray(to) && to.length === 1 && canceled !== true,
    codeOf: ({ body: { code } }) => code,
    meanings: {},
  };
  const send = async ({ to, text, signal }: OutgoingMessage): Promise<void> =>
    post(api, { url, body: json({ type: 'mt_text', from, to: [to], body: text }), signal });
  return { name: 'sinch', send, notify: send, ...reaching(url, api) };
}
