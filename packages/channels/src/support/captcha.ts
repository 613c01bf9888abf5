import {
  choiceOption,
  HEADER_NAME,
  headerOf,
  optional,
  type OptionRule,
  patternOption,
  type RequestCheck,
  resolveOptions,
} from '@parse-factors/core/factor';
import { exchange, form, type ProviderReply } from './http.js';
import { judged, unexpected, type Verdict } from './judged.js';
import { PROVIDER_RULES, type ProviderOptions, someOption, tokenOption } from './provider-options.js';

/** Options of every check by a CAPTCHA. */
export interface CaptchaOptions extends ProviderOptions {
  /** The secret key of the site. */
  readonly secretKey: string;
  /** Host names of your pages, 1 to 20. A token that was solved on another page is refused. By default the provider alone decides. */
  readonly hostnames?: readonly string[];
  /** Whether the provider is told the client's IP address; true by default. */
  readonly sendIp?: boolean;
  /**
   * Whether a message goes out if the provider cannot be asked, as in an outage; false by default. A missing token, a refused
   * one, and a wrong secret never open. Each fault is an event `fault`.
   */
  readonly failOpen?: boolean;
  /** Timeout of one request in milliseconds, 50 to 60,000; 5,000 by default. */
  readonly timeoutMs?: number;
}

/** Options with their defaults filled in. */
export type ResolvedCaptcha = CaptchaOptions &
  Required<Pick<CaptchaOptions, 'timeoutMs' | 'sendIp' | 'failOpen'>> & { readonly header: string };

export const CAPTCHA_RULES: { readonly [Name in keyof CaptchaOptions]-?: OptionRule } & { readonly header: OptionRule } = {
  ...PROVIDER_RULES,
  secretKey: tokenOption,
  header: patternOption(HEADER_NAME, 'the name of a header in lower case'),
  hostnames: optional(someOption(patternOption(/^[a-z0-9.-]{1,253}$/, 'a host name in lower case'), 20)),
  sendIp: choiceOption(true, false),
  failOpen: choiceOption(true, false),
};

export const CAPTCHA_DEFAULTS: { readonly timeoutMs: number; readonly sendIp: boolean; readonly failOpen: boolean } = {
  timeoutMs: 5000,
  sendIp: true,
  failOpen: false,
};

/**
 * Checks the options of a CAPTCHA, those of {@link CaptchaOptions} included, and fills in their defaults.
 *
 * @param defaults of the check's own options, and the header that clients send the token in
 * @throws FactorConfigError naming the option and what it accepts
 */
export function resolveCaptcha<
  Options extends CaptchaOptions & { readonly header?: string },
  Defaulted extends keyof Options = never,
>(
  owner: string,
  options: Options,
  defaults: { readonly header: string } & Required<Pick<Options, Defaulted>>,
  rules: { readonly [Name in Exclude<keyof Options, keyof CaptchaOptions | 'header'>]-?: OptionRule },
): Readonly<Options & ResolvedCaptcha & Required<Pick<Options, Defaulted>>> {
  const all = { ...CAPTCHA_RULES, ...rules } as { readonly [Name in keyof Required<Options>]: OptionRule };
  return resolveOptions<Options>(owner, options, all, { ...CAPTCHA_DEFAULTS, ...defaults } as Partial<Options>) as Readonly<
    Options & ResolvedCaptcha & Required<Pick<Options, Defaulted>>
  >;
}

/** Accepts an action: what the token was made for. */
export const actionOption: OptionRule = patternOption(
  /^[\w/-]{1,100}$/,
  'a string of 1 to 100 letters, digits, "_", "/" and "-"',
);

/** What differs between providers. */
export interface CaptchaApi {
  readonly url: string;
  /** The longest token, in characters. */
  readonly maxToken: number;
  /** Further fields of each request. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Whether the token is right, if the provider says that it is valid and its host name is. */
  readonly isRight?: (body: ProviderReply['body']) => Verdict;
}

/** Tokens are Base64 in some variant, with dots. Anything else is not worth a request. */
const TOKEN = /^[\w.~+/=-]+$/;
/** Documented errors that are of the server's own request, and not of the token. */
const OURS = ['missing-input-secret', 'invalid-input-secret', 'sitekey-secret-mismatch', 'bad-request'];
/** A documented error of the provider. */
const INTERNAL = 'internal-error';

/** Makes a check that asks a provider about the token in a header. Providers accept a token once. */
export function captcha(options: ResolvedCaptcha, { url, maxToken, fields, isRight }: CaptchaApi): RequestCheck {
  const { secretKey, header, hostnames, sendIp, failOpen, timeoutMs } = options;
  const judge = ({ status, body }: ProviderReply): Verdict => {
    const { success, hostname } = body;
    if (success === false && status < 500) return refusal(body['error-codes']);
    if (status !== 200 || success !== true) return unexpected(status);
    if (hostnames !== undefined && !hostnames.includes(String(hostname))) return { isYes: false };
    return isRight?.(body) ?? { isYes: true };
  };
  return {
    header,
    async check(context) {
      const token = headerOf(context, header, maxToken);
      if (token === undefined || !TOKEN.test(token)) return false;
      const { ip, emit } = context;
      const body = form({ secret: secretKey, response: token, ...(sendIp && ip !== undefined && { remoteip: ip }), ...fields });
      return judged({ failOpen, emit }, async () => judge(await exchange({ timeoutMs, headers: {} }, { url, body })));
    },
  };
}

function refusal(given: unknown): Verdict {
  const codes: readonly unknown[] = Array.isArray(given) ? given : [];
  const ours = OURS.find((code) => codes.includes(code));
  if (ours !== undefined) return { fault: ours, isOurs: true };
  return codes.includes(INTERNAL) ? { fault: INTERNAL } : { isYes: false };
}
