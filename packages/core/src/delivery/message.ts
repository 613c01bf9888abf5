import type { NotificationType } from '../factor/notification.js';
import { languageOf, MESSAGE_LANGUAGES } from './accept-language.js';
import type { MessageContent, MessageText } from './channel.js';
import { mailHtml } from './mail-html.js';
import { MESSAGE_TEXTS } from './texts/index.js';
import type { MessageTexts } from './texts/message-texts.js';

/** Fills in a template. Leaves out the bracketed parts if the application has no name. */
function fill(template: string, values: Readonly<Record<string, string | undefined>>): string {
  const shown = template.replace(/\[([^\]]*)\]/g, (_all, part: string) => (values['app'] === undefined ? '' : part));
  const filled = shown.replace(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? '').trim();
  return values['app'] === undefined ? filled.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase()) : filled;
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

/**
 * Writes the default message: code, purpose and validity. It never contains a link, because users must not learn to
 * follow links in such messages (phishing).
 *
 * @param noun what an enrolment adds: an address or a number
 */
export function codeMessage(content: MessageContent, noun: 'address' | 'number', appName?: string): MessageText {
  const { code, purpose, validMinutes, locale } = content;
  const { language, texts } = textsFor(locale);
  const what = texts.purposes[purpose === 'enrolment' ? noun : purpose];
  const values = { app: appName, code, purpose: what, minutes: String(validMinutes) };
  const category = pluralRules(language).select(validMinutes);
  const end = `${fill(texts.valid[category] ?? texts.valid.other, values)} ${texts.secret}`;
  const subject = fill(texts.subject, values);
  return {
    subject,
    text: `${fill(texts.code, values)} ${end}`,
    html: mailHtml({ language, subject, appName, lines: [fill(texts.lead, values), end], code }),
  };
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
