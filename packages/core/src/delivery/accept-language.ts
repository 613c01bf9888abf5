import type { RequestHeaders } from '../factor/context.js';
import { MESSAGE_TEXTS } from './texts/index.js';

/** Returns the primary subtag of a BCP 47 tag. */
export const languageOf = (tag: string): string => tag.split('-')[0]?.toLowerCase() ?? '';

/**
 * Returns the language of `Accept-Language` (RFC 9110, section 12.5.4) with the highest weight that has a built-in
 * text; `en` if there is none.
 */
export function acceptedLanguage({ 'accept-language': header }: RequestHeaders): string {
  const wanted = String(header ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((text) => text.trim());
      const weight = Number(parameters.find((text) => text.startsWith('q='))?.slice(2) ?? 1);
      return { language: languageOf(tag), weight };
    })
    .filter(({ language, weight }) => weight > 0 && MESSAGE_LANGUAGES.includes(language));
  return wanted.toSorted((a, b) => b.weight - a.weight)[0]?.language ?? 'en';
}

/** The languages with built-in texts, as BCP 47 tags. */
export const MESSAGE_LANGUAGES: readonly string[] = Object.freeze(Object.keys(MESSAGE_TEXTS));
