import { assertNoDetails, type Channel, type Delivery } from '@parse-factors/core/channel';
import { patternOption } from '@parse-factors/core/factor';
import { codes } from './support/faults.js';
import { json, post, type ProviderApi, reaching, urlOf } from './support/http.js';
import { type ProviderOptions, resolveProvider, tokenOption } from './support/provider-options.js';
import { withoutPlus } from './support/without-plus.js';

export type { ProviderOptions } from './support/provider-options.js';

/** Options of {@link whatsapp}. */
export interface WhatsappOptions extends ProviderOptions {
  /** An access token of a system user with the right `whatsapp_business_messaging`. */
  readonly accessToken: string;
  /** The id of the number that sends; digits, and not the number itself. */
  readonly phoneNumberId: string;
  /** The name of an approved authentication template with a copy-code button. */
  readonly template: string;
  /**
   * The languages that the template is approved in, such as `['en_US', 'fr', 'pt_BR']`; 1 to 50. The user's language is chosen,
   * or the first one.
   */
  readonly languages: readonly string[];
  /** The version of the Graph API; `v26.0` by default. */
  readonly apiVersion?: string;
}

const LANGUAGE = /^[a-z]{2,3}(?:_[A-Za-z]{2,4})?$/;

/** Codes about the recipient: no WhatsApp account or an old version (131026), or no way there from this account (130497). */
const UNREACHABLE = [131026, 130497];
/** Codes about the speed: of the app (4, 80007, 130429), of the number (131048), to one recipient (131056). */
const THROTTLED = [4, 80007, 130429, 131048, 131056];

/**
 * Sends codes by WhatsApp's Cloud API in an authentication template, with one try each. WhatsApp writes the text; a button
 * copies the code. A message counts as sent after the documented reply: status 200 and a message id. If the number has no
 * WhatsApp account, `failover` tries its next channel. Any other failure is one of the channel. Sends no notifications, because
 * WhatsApp allows no other text here.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function whatsapp(options: WhatsappOptions): Channel {
  const { accessToken, phoneNumberId, template, languages, apiVersion, baseUrl, timeoutMs } = resolveProvider<
    WhatsappOptions,
    'apiVersion'
  >(
    'whatsapp',
    options,
    {
      accessToken: tokenOption,
      phoneNumberId: patternOption(/^[0-9]{5,20}$/, 'the id of a phone number: 5 to 20 digits, without a plus sign'),
      template: patternOption(/^[a-z0-9_]{1,512}$/, 'the name of a template: lower case letters, digits and underscores'),
      languages: {
        accepts: "a list of 1 to 50 languages as WhatsApp writes them, such as ['en_US', 'fr']",
        isValid: (value) =>
          Array.isArray(value) &&
          value.length > 0 &&
          value.length <= 50 &&
          value.every((language) => typeof language === 'string' && LANGUAGE.test(language)),
      },
      apiVersion: patternOption(/^v[0-9]{1,3}\.[0-9]$/, 'a version of the Graph API, such as v26.0'),
    },
    { apiVersion: 'v26.0' },
  );
  const url = urlOf(baseUrl ?? 'https://graph.facebook.com', `/${apiVersion}/${phoneNumberId}/messages`);
  const api: ProviderApi = {
    timeoutMs,
    headers: { Authorization: `Bearer ${accessToken}` },
    isAccepted: ({ status, body: { messages } }) => {
      const [message] = (Array.isArray(messages) ? messages : []) as readonly unknown[];
      const { id, message_status: state } = Object(message) as { readonly id?: unknown; readonly message_status?: unknown };
      return status === 200 && typeof id === 'string' && id !== '' && (state === undefined || state === 'accepted');
    },
    codeOf: ({ body: { error } }) => (Object(error) as { readonly code?: unknown }).code,
    meanings: { ...codes('unreachable', ...UNREACHABLE), ...codes('throttled', ...THROTTLED) },
  };
  return {
    name: 'whatsapp',
    ...reaching(url, api),
    send: async ({ to, code, locale, signal, ...content }: Delivery) => {
      assertNoDetails(content);
      const parameters = [{ type: 'text', text: code }];
      const body = json({
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: withoutPlus(to),
        type: 'template',
        template: {
          name: template,
          language: { code: languageFor(locale, languages) },
          components: [
            { type: 'body', parameters },
            { type: 'button', sub_type: 'url', index: '0', parameters },
          ],
        },
      });
      return post(api, { url, body, signal });
    },
  };
}

/** Returns the template's language for a BCP 47 tag: the same region, else the same language, else the first one. */
function languageFor(locale: string, languages: readonly string[]): string {
  const wanted = locale.replaceAll('-', '_').toLowerCase();
  const primary = (language: string): string => language.toLowerCase().split('_')[0] ?? '';
  return (
    languages.find((language) => language.toLowerCase() === wanted) ??
    languages.find((language) => primary(language) === primary(wanted)) ??
    languages[0] ??
    ''
  );
}
