import type { Channel, OutgoingMessage } from '@parse-factors/core/channel';
import { choiceOption } from '@parse-factors/core/factor';
import { codes } from './support/faults.js';
import { basic, json, post, type ProviderApi, reaching, urlOf } from './support/http.js';
import { idOption, type ProviderOptions, resolveProvider, textSenderOption, tokenOption } from './support/provider-options.js';
import { vonageProblem } from './support/vonage-problem.js';
import { withoutPlus } from './support/without-plus.js';

export type { ProviderOptions } from './support/provider-options.js';

/** Options of {@link vonage}. */
export interface VonageOptions extends ProviderOptions {
  /** The API key of the account. */
  readonly apiKey: string;
  /** The API secret of the account. */
  readonly apiSecret: string;
  /** Sender: your number in E.164, or a sender id. */
  readonly from: string;
  /** Where messages are processed: `global`, `eu`, `us` or `ap`; `global` by default. */
  readonly region?: 'global' | 'eu' | 'us' | 'ap';
}

/**
 * Codes of the Messages API about the number: without a known prefix (1040), barred (1050), invalid (1170, 1430), no longer
 * active (1190), opted out (1240), blocked by its carrier (1280) or by your rules against fraud (1470, 1473, 1474, 1475).
 */
const REFUSED = [1040, 1050, 1170, 1190, 1240, 1280, 1430, 1470, 1473, 1474, 1475];
/** Codes about the speed: of the account (1000), to one number (1241), or of a burst (1472). */
const THROTTLED = [1000, 1241, 1472];

/**
 * Sends SMS by Vonage's Messages API, with one try each. A message counts as sent after the documented reply: status 202 and a
 * message id. A number that Vonage refuses is `address_refused`. Any other failure is one of the channel.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function vonage(options: VonageOptions): Channel {
  const { apiKey, apiSecret, from, region, baseUrl, timeoutMs } = resolveProvider<VonageOptions, 'region'>(
    'vonage',
    options,
    {
      apiKey: idOption('an API key: letters and digits'),
      apiSecret: tokenOption,
      from: textSenderOption,
      region: choiceOption('global', 'eu', 'us', 'ap'),
    },
    { region: 'global' },
  );
  const home = `https://api${region === 'global' ? '' : `-${region}`}.nexmo.com`;
  const url = urlOf(baseUrl ?? home, '/v1/messages');
  const api: ProviderApi = {
    timeoutMs,
    headers: { Authorization: basic(apiKey, apiSecret) },
    isAccepted: ({ status, body: { message_uuid: id } }) => status === 202 && typeof id === 'string' && id !== '',
    codeOf: vonageProblem,
    meanings: { ...codes('refused', ...REFUSED), ...codes('throttled', ...THROTTLED, 'throttled') },
  };
  const send = async ({ to, text, signal }: OutgoingMessage): Promise<void> => {
    const body = json({ message_type: 'text', channel: 'sms', to: withoutPlus(to), from: withoutPlus(from), text });
    return post(api, { url, body, signal });
  };
  return { name: 'vonage', send, notify: send, ...reaching(url, api) };
}
