import type { VerificationAnswer, Verifier } from '@parse-factors/core/channel';
import { choiceOption, patternOption } from '@parse-factors/core/factor';
import { basic, exchange, form, type ProviderAccess, type ProviderReply, reaching, urlOf } from './support/http.js';
import { accountSidOption, tokenOption } from './support/provider-options.js';
import { isMail, resolveVerifier, verificationFault, type VerifierOptions } from './support/verifier.js';

export type { ProviderOptions } from './support/provider-options.js';
export type { VerifierOptions } from './support/verifier.js';

/** Options of {@link twilioVerify}. */
export interface TwilioVerifyOptions extends VerifierOptions {
  /** Account SID, `AC…`. */
  readonly accountSid: string;
  /** Auth token of the account. */
  readonly authToken: string;
  /** SID of the Verify Service, `VA…`. Its code length must be `codeLength`. */
  readonly serviceSid: string;
  /** How a code reaches a phone: `sms`, `whatsapp` or `call`; `sms` by default. A code for an email address is always mailed. */
  readonly via?: 'sms' | 'whatsapp' | 'call';
}

/** How long Twilio accepts a code, in milliseconds. */
const VALIDITY_MS = 10 * 60_000;
/**
 * Codes about the number: invalid (60200, 21211), a landline (60205), blocked by Fraud Guard (60410) or by its country (60605,
 * 21408), opted out (21610), not mobile (21614).
 */
const REFUSED = [60200, 60205, 60410, 60605, 21211, 21408, 21610, 21614];
/** Codes about the speed: too many checks (60202), codes (60203) or requests (60212) for the number, or requests at once (20429). */
const LIMITED = [60202, 60203, 60212, 20429];
/** No such verification: it has expired, was verified, or had too many checks. */
const NOT_FOUND = 20404;
const TOO_MANY_CHECKS = 60202;

/** Languages that Twilio takes; all others are left to the number's country. */
const LOCALES = new Set(
  'af ar ca cs da de el en en-GB es fi fr he hi hr hu id it ja ko ms nb nl pl pt pt-BR ro ru sv th tl tr vi zh zh-CN zh-HK'.split(
    ' ',
  ),
);
const VERIFICATION_SID = /^VE[0-9a-fA-F]{32}$/;

/**
 * Lets Twilio Verify make, send and check codes: by SMS, WhatsApp, phone call or email. Each request is tried once.
 *
 * A verification counts as started after the documented reply: status 201, `pending` and a SID. A code is right only after
 * status 200, `approved`, `valid` and the same SID. A number that Twilio refuses is `address_refused`. Its limits are `cooldown`.
 * Twilio sends the same code again while one is valid for the address, at most 10 minutes.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function twilioVerify(options: TwilioVerifyOptions): Verifier {
  const resolved = resolveVerifier<TwilioVerifyOptions, 'via'>(
    'twilioVerify',
    options,
    [4, 10],
    {
      accountSid: accountSidOption,
      authToken: tokenOption,
      serviceSid: patternOption(/^VA[0-9a-zA-Z]{32}$/, 'the SID of a Verify Service: "VA" and 32 letters or digits'),
      via: choiceOption('sms', 'whatsapp', 'call'),
    },
    { via: 'sms' },
  );
  const { accountSid, authToken, serviceSid, via, codeLength, rejectionMs, baseUrl, timeoutMs } = resolved;
  const service = urlOf(baseUrl ?? 'https://verify.twilio.com', `/v2/Services/${serviceSid}`);
  const access: ProviderAccess = { timeoutMs, headers: { Authorization: basic(accountSid, authToken) } };
  return {
    name: 'twilio-verify',
    ...reaching(`${service}/Verifications`, access),
    codeLength,
    validityMs: VALIDITY_MS,
    ...(rejectionMs !== undefined && { rejectionMs }),
    start: async ({ to, locale, signal }) => {
      const language = [locale, locale.split('-')[0] ?? ''].find((each) => LOCALES.has(each));
      const body = form({ To: to, Channel: isMail(to) ? 'email' : via, ...(language !== undefined && { Locale: language }) });
      const reply = await exchange(access, { url: `${service}/Verifications`, body, signal });
      const { sid, status } = reply.body;
      if (reply.status === 201 && status === 'pending' && VERIFICATION_SID.test(String(sid))) return { id: String(sid) };
      throw faultOf(reply);
    },
    check: async ({ id, code, signal }) => {
      const body = form({ VerificationSid: id, Code: code });
      return answerOf(await exchange(access, { url: `${service}/VerificationCheck`, body, signal }), id);
    },
  };
}

/** States of a verification that has ended without a right code. */
const ENDED = new Set(['canceled', 'expired', 'max_attempts_reached', 'deleted', 'failed']);

function answerOf(reply: ProviderReply, id: string): VerificationAnswer {
  const { sid, status, valid, code } = reply.body;
  if (reply.status === 200 && sid === id) {
    if (status === 'approved' && valid === true) return 'right';
    if (status === 'pending' && valid === false) return 'wrong';
    if (ENDED.has(String(status)) && valid === false) return 'gone';
  }
  const isGone = (reply.status === 404 && code === NOT_FOUND) || (reply.status === 429 && code === TOO_MANY_CHECKS);
  if (isGone) return 'gone';
  throw verificationFault(reply, code);
}

/** 60200 is any invalid parameter, and the message names which: a channel that the account may not use is not about the number. */
const OWN_PARAMETER = /^Invalid parameter:? [`'"]?(?!To\b)[A-Z]/;

function faultOf(reply: ProviderReply): Error {
  const { code, message } = reply.body;
  if (code === 60200 && OWN_PARAMETER.test(String(message))) return verificationFault(reply, code);
  if (REFUSED.includes(Number(code))) return verificationFault(reply, code, 'refused');
  return verificationFault(reply, code, LIMITED.includes(Number(code)) ? 'limited' : undefined);
}
