import type { NotificationType } from '../factor/notification.js';
import { languageOf, MESSAGE_LANGUAGES } from './accept-language.js';
import type { MessageContent, MessageText } from './channel.js';
import { mailHtml } from './mail-html.js';
import { MESSAGE_TEXTS } from './texts/index.js';
import type { MessageTexts } from './texts/message-texts.js';
import type { PaymentDetails } from '../validation/payment-details.js';

/**
 * Fills in a template. Leaves out the bracketed parts if the application has no name.
 *
 * @param verbatim values that are shown exactly as they are
 */
function fill(template: string, values: Readonly<Record<string, string | undefined>>, verbatim: readonly string[] = []): string {
  const shown = template.replace(/\[([^\]]*)\]/g, (_all, part: string) => (values['app'] === undefined ? '' : part));
  const filled = shown.replace(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? '').trim();
  const isWord = values['app'] === undefined && !verbatim.some((value) => filled.startsWith(value));
  return isWord ? filled.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase()) : filled;
}

const textsFor = (locale: string): { readonly language: string; readonly texts: MessageTexts } => {
  const language = MESSAGE_LANGUAGES.includes(languageOf(locale)) ? languageOf(locale) : 'en';
  return { language, texts: MESSAGE_TEXTS[language] as MessageTexts };
};

const rules = new Map<string, Intl.PluralRules>();

/** Returns the plural rules of a language. Cached, because creating them takes longer than writing the whole message. */
function pluralRules(language: string): Intl.PluralRules {
  const known = rules.get(language) ?? new Intl.PluralRules(language);
  rules.set(language, known);
  return known;
}

/** Returns the words for what a code is for. */
function purposeOf({ purpose, details }: MessageContent, noun: 'address' | 'number', { purposes }: MessageTexts): string {
  const words = purposes[purpose === 'enrolment' ? noun : purpose];
  return details === undefined
    ? words
    : words.replace(/\{(amount|payee)\}/g, (_all, name: keyof PaymentDetails) => details[name]);
}

/**
 * Writes the default message: code, purpose and validity. It never contains a link, because users must not learn to
 * follow links in such messages (phishing).
 *
 * @param noun what an enrolment adds: an address or a number
 */
export function codeMessage(content: MessageContent, noun: 'address' | 'number', appName?: string): MessageText {
  const { code, validMinutes, locale } = content;
  const { language, texts } = textsFor(locale);
  const what = purposeOf(content, noun, texts);
  const verbatim = Object.values<string>({ ...content.details });
  const values = { app: appName, code, purpose: what, minutes: String(validMinutes) };
  const category = pluralRules(language).select(validMinutes);
  const end = `${fill(texts.valid[category] ?? texts.valid.other, values)} ${texts.secret}`;
  const subject = fill(texts.subject, values);
  return {
    subject,
    text: `${fill(texts.code, values, verbatim)} ${end}`,
    html: mailHtml({ language, subject, appName, lines: [fill(texts.lead, values, verbatim), end], code }),
  };
}

/** Writes only the sentence with the code and its purpose, for messages that must be short. */
export function codeSentence(content: MessageContent, noun: 'address' | 'number', appName?: string): string {
  const { texts } = textsFor(content.locale);
  const values = { app: appName, code: content.code, purpose: purposeOf(content, noun, texts) };
  return fill(texts.code, values, Object.values<string>({ ...content.details }));
}

/** The last line of a message; or one that devices read only in a message of that many bytes (UTF-8) at most. */
export type LastLine = string | { readonly line: string; readonly maxBytes: number };

/**
 * Puts a last line below a text.
 *
 * @param short replaces the text if both together would be too long
 */
export function withLastLine(last: LastLine | undefined, text: string, short: string): string {
  if (last === undefined) return text;
  const { line, maxBytes } = typeof last === 'string' ? { line: last, maxBytes: Number.POSITIVE_INFINITY } : last;
  const whole = `${text}\n\n${line}`;
  return Buffer.byteLength(whole) <= maxBytes ? whole : `${short}\n\n${line}`;
}

/** Writes a security notification: what changed in the user's account, and what to do. It never contains a link. */
export function noticeMessage(type: NotificationType, locale: string, appName?: string): MessageText {
  const { language, texts } = textsFor(locale);
  const values = { app: appName };
  const subject = fill(texts.noticeSubject, values);
  const line = fill(texts.notices[type], values);
  const html = mailHtml({ language, subject, appName, lines: [line, texts.advice] });
  return { subject, text: `${line} ${texts.advice}`, html };
}
