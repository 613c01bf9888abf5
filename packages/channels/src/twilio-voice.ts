import type { Channel, Delivery } from '@parse-factors/core/channel';
import { integerOption, patternOption } from '@parse-factors/core/factor';
import { codes } from './support/faults.js';
import { basic, form, post, type ProviderApi, reaching, urlOf } from './support/http.js';
import { accountSidOption, type ProviderOptions, resolveProvider, tokenOption } from './support/provider-options.js';
import { spoken } from './support/spoken.js';

export type { ProviderOptions } from './support/provider-options.js';

/** Options of {@link twilioVoice}. */
export interface TwilioVoiceOptions extends ProviderOptions {
  /** Account SID, `AC…`. */
  readonly accountSid: string;
  /** Auth token of the account. */
  readonly authToken: string;
  /** The number that calls, in E.164: a voice number of the account, or a verified one. */
  readonly from: string;
  /** How long the phone rings, in seconds, 5 to 60; 20 by default. A short time calls fewer voicemail boxes. */
  readonly ringSeconds?: number;
}

/**
 * Twilio's error codes about the number: invalid (21211, 21217, 13224), not reachable (21214), its country not permitted (21215,
 * 13227), blocked (21216).
 */
const REFUSED = [21211, 21214, 21215, 21216, 21217, 13224, 13227];
/** Codes about the speed: too many requests (20429), too many calls at once (10004). */
const THROTTLED = [20429, 10004];

/** States of a call that was made. All others are failures. */
const UNDER_WAY = new Set(['queued', 'initiated', 'ringing', 'in-progress', 'completed']);
const CALL_SID = /^CA[0-9a-fA-F]{32}$/;

/**
 * Calls the user by Twilio and reads the message out twice, in the user's language and with the code digit by digit. One try
 * each. A call counts as made after the documented reply: status 201 and a call that has begun. A number that Twilio refuses is
 * `address_refused`. Any other failure is one of the channel. Sends no notifications.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function twilioVoice(options: TwilioVoiceOptions): Channel {
  const { accountSid, authToken, from, ringSeconds, baseUrl, timeoutMs } = resolveProvider<TwilioVoiceOptions, 'ringSeconds'>(
    'twilioVoice',
    options,
    {
      accountSid: accountSidOption,
      authToken: tokenOption,
      from: patternOption(/^\+[1-9][0-9]{6,14}$/, 'a number in E.164 such as +12025550123'),
      ringSeconds: integerOption(5, 60),
    },
    { ringSeconds: 20 },
  );
  const url = urlOf(baseUrl ?? 'https://api.twilio.com', `/2010-04-01/Accounts/${accountSid}/Calls.json`);
  const api: ProviderApi = {
    timeoutMs,
    headers: { Authorization: basic(accountSid, authToken) },
    isAccepted: ({ status, body: { sid, status: state } }) =>
      status === 201 && CALL_SID.test(String(sid)) && UNDER_WAY.has(String(state)),
    codeOf: ({ body: { code } }) => code,
    meanings: { ...codes('refused', ...REFUSED), ...codes('throttled', ...THROTTLED) },
  };
  return {
    name: 'twilio-voice',
    ...reaching(url, api),
    send: async (delivery: Delivery) => {
      const { to, signal } = delivery;
      const body = form({ To: to, From: from, Twiml: spoken(delivery), Timeout: String(ringSeconds) });
      return post(api, { url, body, signal });
    },
  };
}
