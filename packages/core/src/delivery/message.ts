import type { MessageContent, MessageText } from './channel.js';
import type { RequestHeaders } from '../factor/factor.js';
import { MESSAGE_TEXTS, type MessageTexts, type NoticeType } from './texts/index.js';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

/** The primary subtag of a BCP 47 tag. */
const languageOf = (tag: string): string => tag.split('-')[0]?.toLowerCase() ?? '';

/** The languages that there are built-in texts in, as BCP 47 tags. */
export const MESSAGE_LANGUAGES: readonly string[] = Object.freeze(Object.keys(MESSAGE_TEXTS));

/**
 * The first language of `Accept-Language` (RFC 9110, section 12.5.4) that there are built-in texts
 * in, by their weights; `en` where there is none.
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

/** Fills a text in. */
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

/** The plural rules of a language; making them takes longer than the whole message. */
function pluralRules(language: string): Intl.PluralRules {
  const known = rules.get(language) ?? new Intl.PluralRules(language);
  rules.set(language, known);
  return known;
}

/** What a mail shows. */
interface MailContent {
  readonly language: string;
  readonly subject: string;
  readonly appName: string | undefined;
  readonly lines: readonly string[];
  /** Shown by itself, after the first line. */
  readonly code?: string;
}

const paragraph = (html: string, style: string): string => `<p style="margin:0 0 16px;${style}">${html}</p>`;

/** A mail of a few lines, readable in light and dark. None of it is fetched from elsewhere, and nothing links to anywhere. */
function toHtml({ language, subject, appName, lines, code }: MailContent): string {
  const [first = '', ...others] = lines.map((line) => paragraph(escapeHtml(line), ''));
  const name = appName === undefined ? '' : paragraph(escapeHtml(appName), 'font-weight:600');
  const box = 'padding:16px;border-radius:8px;background:rgba(128,128,128,.14);text-align:center;';
  const digits = `<span dir="ltr">${escapeHtml(code ?? '')}</span>`;
  const shown = code && paragraph(digits, `${box}font:600 32px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:6px`);
  return `<!doctype html>
<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<style>:root { color-scheme: light dark; }</style>
<title>${escapeHtml(subject)}</title>
</head>
<body style="margin:0;padding:32px 16px">
<div style="max-width:432px;margin:0 auto;padding:24px 24px 8px;border:1px solid rgba(128,128,128,.35);border-radius:12px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
${[name, first, shown, ...others].filter(Boolean).join('\n')}
</div>
</body>
</html>
`;
}

/**
 * The message when the application writes none: code, purpose and validity, and never a link.
 *
 * @param noun what is added where something is
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
    html: toHtml({ language, subject, appName, lines: [fill(texts.lead, values), end], code }),
  };
}

/** What a user is told of a change to his account: what happened and what to do, and never a link. */
export function noticeMessage(type: NoticeType, locale: string, appName?: string): MessageText {
  const { language, texts } = textsFor(locale);
  const values = { app: appName };
  const subject = fill(texts.noticeSubject, values);
  const line = fill(texts.notices[type], values);
  const html = toHtml({ language, subject, appName, lines: [line, texts.advice] });
  return { subject, text: `${line} ${texts.advice}`, html };
}
