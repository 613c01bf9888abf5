import type { Channel, OutgoingMessage } from '@parse-factors/core/channel';
import { patternOption } from '@parse-factors/core/factor';
import { json, post, type ProviderApi, reaching, urlOf } from './support/http.js';
import { type ProviderOptions, resolveProvider, tokenOption } from './support/provider-options.js';

export type { ProviderOptions } from './support/provider-options.js';

/** Options of {@link bird}. */
export interface BirdOptions extends ProviderOptions {
  /** An access key with the right to send messages. */
  readonly accessKey: string;
  /** The id of the workspace, a UUID. */
  readonly workspaceId: string;
  /** The id of an SMS channel in the workspace, a UUID. It has the number or the name that messages come from. */
  readonly channelId: string;
}

const uuidOption = patternOption(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a UUID in lower case');

/** States of a message on its way. All others are failures. */
const ON_ITS_WAY = new Set(['accepted', 'processing', 'sent', 'delivered']);

/**
 * Sends SMS by the Channels API of Bird (formerly MessageBird), with one try each. A message counts as sent after the
 * documented reply: status 202 with an id and a state on its way. Bird reports about refused numbers only later, so any
 * failure is one of the channel.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function bird(options: BirdOptions): Channel {
  const { accessKey, workspaceId, channelId, baseUrl, timeoutMs } = resolveProvider<BirdOptions>('bird', options, {
    accessKey: tokenOption,
    workspaceId: uuidOption,
    channelId: uuidOption,
  });
  const url = urlOf(baseUrl ?? 'https://api.bird.com', `/workspaces/${workspaceId}/channels/${channelId}/messages`);
  const api: ProviderApi = {
    timeoutMs,
    headers: { Authorization: `AccessKey ${accessKey}` },
    isAccepted: ({ status, body: { id, status: state } }) =>
      status === 202 && typeof id === 'string' && id !== '' && ON_ITS_WAY.has(String(state)),
    codeOf: ({ body: { code, status: state } }) => code ?? state,
    meanings: {},
  };
  const send = async ({ to, text, signal }: OutgoingMessage): Promise<void> => {
    const receiver = { contacts: [{ identifierKey: 'phonenumber', identifierValue: to }] };
    return post(api, { url, body: json({ receiver, body: { type: 'text', text: { text } } }), signal });
  };
  return { name: 'bird', send, notify: send, ...reaching(url, api) };
}
