import { FactorConfigError } from '@parse-factors/core';
import type { VerificationAnswer, VerificationStart, Verifier } from '@parse-factors/core/channel';
import { asObject, choiceOption, optional, patternOption } from '@parse-factors/core/factor';
import { basic, exchange, json, type ProviderAccess, type ProviderReply, reaching, urlOf } from './support/http.js';
import { idOption, textSenderOption, tokenOption } from './support/provider-options.js';
import { isMail, type ResolvedVerifier, resolveVerifier, verificationFault, type VerifierOptions } from './support/verifier.js';
import { vonageProblem } from './support/vonage-problem.js';
import { privateKeyOption, vonageToken } from './support/vonage-token.js';
import { withoutPlus } from './support/without-plus.js';

export type { ProviderOptions } from './support/provider-options.js';
export type { VerifierOptions } from './support/verifier.js';

/** Options of {@link vonageVerify}. */
export interface VonageVerifyOptions extends VerifierOptions {
  /** The id of the Vonage application. Set it and `privateKey`, or `apiKey` and `apiSecret`. */
  readonly applicationId?: string;
  /** The private key of the application, as PEM. It signs a token for each request (RS256). */
  readonly privateKey?: string;
  /** The API key of the account. */
  readonly apiKey?: string;
  /** The API secret of the account. */
  readonly apiSecret?: string;
  /** The name of your app in the message: 1 to 16 characters, without `/ { } : $`. */
  readonly brand: string;
  /** How a code reaches a phone: `sms` or `voice`; `sms` by default. A code for an email address is always mailed. */
  readonly via?: 'sms' | 'voice';
  /** Sender of SMS: your number in E.164, or a sender id; Vonage's own by default. */
  readonly from?: string;
}

/** Bounds of the time for which a request runs, in seconds. */
const SHORTEST_SECONDS = 60;
const LONGEST_SECONDS = 900;

/** The locale for each language, as Vonage names them. All others get Vonage's default, English. */
const LOCALES: Readonly<Record<string, string>> = {
  ar: 'ar-xa',
  de: 'de-de',
  en: 'en-us',
  'en-gb': 'en-gb',
  es: 'es-es',
  'es-mx': 'es-mx',
  'es-us': 'es-us',
  fr: 'fr-fr',
  hi: 'hi-in',
  id: 'id-id',
  it: 'it-it',
  ja: 'ja-jp',
  nl: 'nl-nl',
  pl: 'pl-pl',
  pt: 'pt-br',
  'pt-pt': 'pt-pt',
  ru: 'ru-ru',
  sv: 'sv-se',
  tr: 'tr-tr',
  zh: 'zh-cn',
};
/** Vonage refuses every request with another name. */
const brandOption = patternOption(/^(?=.*\S)[^\p{Cc}/{}:$]{1,16}$/u, 'a string of 1 to 16 characters, without / { } : $');
const REQUEST_ID = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;

/**
 * Lets Vonage's Verify API (v2) make, send and check codes: by SMS, phone call or email. A request that starts a verification is
 * tried once.
 *
 * A verification counts as started after the documented reply: status 202 and a request id. A code is right only after status
 * 200, `completed` and the same id. An address that Vonage calls invalid is `address_refused`, limits are `cooldown`. Vonage runs one verification
 * for a number at a time. A new one ends it; or is `cooldown`, if it would disturb a user who waits for that code.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function vonageVerify(options: VonageVerifyOptions): Verifier {
  const resolved = resolveVerifier<VonageVerifyOptions, 'via'>(
    'vonageVerify',
    options,
    [4, 10],
    {
      applicationId: optional(patternOption(REQUEST_ID, 'the id of an application: a UUID')),
      privateKey: optional(privateKeyOption),
      apiKey: optional(idOption('an API key: letters and digits')),
      apiSecret: optional(tokenOption),
      brand: brandOption,
      via: choiceOption('sms', 'voice'),
      from: optional(textSenderOption),
    },
    { via: 'sms' },
  );
  const { codeLength, rejectionMs } = resolved;
  const api = new VonageVerify(resolved);
  return {
    name: 'vonage-verify',
    ...reaching(api.url, resolved),
    codeLength,
    ...(rejectionMs !== undefined && { rejectionMs }),
    start: (start) => api.start(start),
    check: async ({ id, code, signal }) => {
      const reply = await exchange(api.access, { url: `${api.url}/${id}`, body: json({ code }), signal });
      return answerOf(reply, id);
    },
  };
}

class VonageVerify {
  readonly url: string;
  readonly #options: ResolvedVerifier<VonageVerifyOptions, 'via'>;
  readonly #authorization: () => string;

  constructor(options: ResolvedVerifier<VonageVerifyOptions, 'via'>) {
    this.#options = options;
    this.#authorization = authorizationOf(options);
    this.url = urlOf(options.baseUrl ?? 'https://api.nexmo.com', '/v2/verify');
  }

  get access(): ProviderAccess {
    return { timeoutMs: this.#options.timeoutMs, headers: { Authorization: this.#authorization() } };
  }

  /** Starts a verification. One that runs for the number already is ended first, if this one may end it. */
  async start(start: VerificationStart): Promise<{ readonly id: string }> {
    const { mayEnd, signal } = start;
    let reply = await this.#send(start);
    const running = String(reply.body['request_id']);
    if (reply.status === 409 && REQUEST_ID.test(running) && (await mayEnd(running))) {
      const ended = await exchange(this.access, { method: 'DELETE', url: `${this.url}/${running}`, signal });
      if (ended.status === 204 || ended.status === 404) reply = await this.#send(start);
    }
    const { request_id: id } = reply.body;
    if (reply.status === 202 && typeof id === 'string' && REQUEST_ID.test(id)) return { id };
    const code = vonageProblem(reply);
    if (reply.status === 422 && code === 'invalid_params' && !blamesOptions(reply))
      throw verificationFault(reply, code, 'refused');
    throw verificationFault(reply, code, reply.status === 409 ? 'limited' : undefined);
  }

  #send({ to, locale, validityMs, signal }: VerificationStart): Promise<ProviderReply> {
    const { brand, via, from, codeLength } = this.#options;
    const seconds = Math.min(Math.max(Math.ceil(validityMs / 1000), SHORTEST_SECONDS), LONGEST_SECONDS);
    const language = LOCALES[locale.toLowerCase()] ?? LOCALES[locale.split('-')[0]?.toLowerCase() ?? ''];
    const sender = via === 'sms' && from !== undefined ? { from: withoutPlus(from) } : {};
    const step = isMail(to) ? { channel: 'email', to } : { channel: via, to: withoutPlus(to), ...sender };
    const body = json({
      brand,
      code_length: codeLength,
      channel_timeout: seconds,
      ...(language !== undefined && { locale: language }),
      workflow: [step],
    });
    return exchange(this.access, { url: this.url, body, signal });
  }
}

function authorizationOf({ applicationId, privateKey, apiKey, apiSecret }: VonageVerifyOptions): () => string {
  const isApplication = applicationId !== undefined && privateKey !== undefined;
  const isAccount = apiKey !== undefined && apiSecret !== undefined;
  const given = [applicationId, privateKey, apiKey, apiSecret].filter((each) => each !== undefined);
  if (given.length === 2 && isApplication) return () => `Bearer ${vonageToken(applicationId, privateKey)}`;
  if (given.length === 2 && isAccount) return () => basic(apiKey, apiSecret);
  throw new FactorConfigError(
    'vonageVerify: set the options "applicationId" and "privateKey", or "apiKey" and "apiSecret", and not the others',
  );
}

function answerOf(reply: ProviderReply, id: string): VerificationAnswer {
  const { request_id: checked, status } = reply.body;
  const code = vonageProblem(reply);
  if (reply.status === 200 && status === 'completed' && checked === id) return 'right';
  if (reply.status === 400 && code === 'invalid_code') return 'wrong';
  // Too many wrong codes, and no such request or none that runs.
  if ((reply.status === 410 && code === 'expired') || (reply.status === 404 && code === 'not_found')) return 'gone';
  throw verificationFault(reply, code);
}

/** Parameters of a request that come from the options of the verifier. */
const FROM_OPTIONS = new Set(['brand', 'locale', 'channel_timeout', 'code_length', 'workflow.channel', 'workflow.from', 'from']);

/** Whether all parameters that Vonage calls invalid come from the options: the address is not to blame. */
function blamesOptions({ body: { invalid_parameters: given } }: ProviderReply): boolean {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const names = list.map((each) => String(asObject(each)?.['name']).replace(/\[\d+\]|\.\d+/g, ''));
  return names.length > 0 && names.every((name) => FROM_OPTIONS.has(name));
}
