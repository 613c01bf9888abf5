import {
  type AllowFunction,
  asObject,
  choiceOption,
  integerOption,
  type OptionRule,
  patternOption,
  resolveOptions,
} from '@parse-factors/core/factor';
import { basic, exchange, type ProviderReply, urlOf } from './support/http.js';
import { judged, unexpected, type Verdict } from './support/judged.js';
import { PROVIDER_RULES, type ProviderOptions, someOption, tokenOption } from './support/provider-options.js';

export type { ProviderOptions } from './support/provider-options.js';

/** The types that Twilio Lookup documents. */
const TYPES = [
  'landline',
  'mobile',
  'fixedVoip',
  'nonFixedVoip',
  'personal',
  'tollFree',
  'premium',
  'sharedCost',
  'uan',
  'voicemail',
  'pager',
  'unknown',
] as const;

/** A type of line, as Twilio Lookup names it. */
export type LineType = (typeof TYPES)[number];

/** Options of {@link lineType}. */
export interface LineTypeOptions extends ProviderOptions {
  /** Account SID, `AC…`, or the SID of an API key, `SK…`. */
  readonly accountSid: string;
  /** Auth token of the account, or the secret of the API key. */
  readonly authToken: string;
  /** Types of lines that get messages; `mobile` by default. `unknown` are numbers that Twilio does not know. */
  readonly accept?: readonly LineType[];
  /**
   * The most lookups of this process in an hour, 1 to 1,000,000; 1,000 by default. Beyond it, numbers are refused with
   * `unavailable`, whatever `failOpen` is: clients could use the lookups up.
   */
  readonly maxLookupsPerHour?: number;
  /** Whether a message goes out if Twilio cannot be asked, as in an outage; false by default. Wrong credentials never open. */
  readonly failOpen?: boolean;
  /** Timeout of one request in milliseconds, 50 to 60,000; 5,000 by default. */
  readonly timeoutMs?: number;
}

type ResolvedLineType = LineTypeOptions &
  Required<Pick<LineTypeOptions, 'accept' | 'maxLookupsPerHour' | 'failOpen' | 'timeoutMs'>>;

const RULES: { readonly [Name in keyof LineTypeOptions]-?: OptionRule } = {
  ...PROVIDER_RULES,
  accountSid: patternOption(
    /^(?:AC|SK)[0-9a-zA-Z]{32}$/,
    'an account SID or the SID of an API key: "AC" or "SK" and 32 characters',
  ),
  authToken: tokenOption,
  accept: someOption(choiceOption(...TYPES), TYPES.length),
  maxLookupsPerHour: integerOption(1, 1e6),
  failOpen: choiceOption(true, false),
};

const HOUR_MS = 60 * 60_000;
const NUMBER = /^\+[1-9][0-9]{6,14}$/;

/**
 * Refuses phone numbers that are no mobile ones, such as VoIP and landline, by Twilio Lookup; for the option `allow` of a factor.
 * Each lookup costs money, even if no message goes out afterwards. So put a check of the request beside it, such as
 * `proofOfWork()`. One try; without the documented answer the message is refused, with `unavailable`.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function lineType(options: LineTypeOptions): AllowFunction {
  const { accountSid, authToken, accept, maxLookupsPerHour, failOpen, baseUrl, timeoutMs } = resolveOptions<ResolvedLineType>(
    'lineType',
    options,
    RULES,
    { accept: ['mobile'], maxLookupsPerHour: 1000, failOpen: false, timeoutMs: 5000 },
  );
  const base = urlOf(baseUrl ?? 'https://lookups.twilio.com', '/v2/PhoneNumbers/');
  const headers = { Authorization: basic(accountSid, authToken) };
  let window = { endsAt: 0, lookups: 0 };
  const ask = async (number: string): Promise<Verdict> => {
    const now = performance.now();
    if (now >= window.endsAt) window = { endsAt: now + HOUR_MS, lookups: 0 };
    window.lookups += 1;
    if (window.lookups > maxLookupsPerHour) return { fault: 'too_many_lookups', isOurs: true };
    const url = `${base}${encodeURIComponent(number)}?Fields=line_type_intelligence`;
    return judge(await exchange({ timeoutMs, headers }, { url }), accept);
  };
  return async (number, { emit }) => {
    if (!NUMBER.test(number)) return false;
    return judged({ failOpen, emit }, () => ask(number));
  };
}

function judge({ status, body }: ProviderReply, accept: readonly string[]): Verdict {
  if (status === 404) return { isYes: false };
  const { valid, line_type_intelligence: line } = body;
  if (status !== 200 || typeof valid !== 'boolean') return unexpected(status);
  if (!valid) return { isYes: false };
  const { type, error_code: code } = asObject(line) ?? {};
  if (typeof type !== 'string') return { fault: Number.isInteger(code) ? `lookup_${String(code)}` : 'no_line_type' };
  return { isYes: accept.includes(type) };
}
