import { type Delivery, escapeHtml } from '@parse-factors/core/channel';

/** The voice for each language of the built-in texts, as Twilio names languages. */
const VOICES: Readonly<Record<string, string>> = {
  ar: 'ar-XA',
  de: 'de-DE',
  en: 'en-US',
  es: 'es-ES',
  fr: 'fr-FR',
  it: 'it-IT',
  ja: 'ja-JP',
  nl: 'nl-NL',
  pl: 'pl-PL',
  pt: 'pt-BR',
  ru: 'ru-RU',
  sv: 'sv-SE',
  tr: 'tr-TR',
  uk: 'uk-UA',
  zh: 'cmn-CN',
};

/** What a call says as TwiML: the text of the message, twice, and the code in it digit by digit. */
export function spoken({ text, code, locale }: Pick<Delivery, 'text' | 'code' | 'locale'>): string {
  const language = VOICES[locale.split('-')[0]?.toLowerCase() ?? ''] ?? locale;
  const digits = [...code].join(', ');
  // A last line as browsers read it (`@example.com #123456 @frame.example`), or the hash of an Android app, is not for ears.
  const sentence = text.replace(/\s+@\S+ #\S+(?: @\S+)?\s*$/, '').replace(/\n\n[A-Za-z0-9+/]{11}\s*$/, '');
  // A longer number, such as the amount of a payment, can have the same digits.
  const withDigits = sentence.replace(new RegExp(String.raw`(?<!\d[.,]?)${code}(?![.,]?\d)`, 'g'), digits);
  const said = withDigits === sentence ? `${sentence} ${digits}` : withDigits;
  const say = `<Say language="${escapeHtml(language)}">${escapeHtml(withoutControls(said))}</Say>`;
  return `<?xml version="1.0" encoding="UTF-8"?><Response><Pause length="1"/>${say}<Pause length="1"/>${say}</Response>`;
}

/** XML 1.0 has no way to write control characters. */
const withoutControls = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ');
