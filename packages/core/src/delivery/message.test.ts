import { describe, expect, it } from 'vitest';
import { escapeHtml } from '../validation/escape-html.js';
import { codeMessage, codeSentence, noticeMessage } from './message.js';
import { MESSAGE_LANGUAGES } from './accept-language.js';
import type { NotificationType } from '../factor/notification.js';
import { PURPOSES, type Purpose } from '../factor/purpose.js';

const NOTICES: readonly NotificationType[] = [
  'enrolled',
  'replaced',
  'removed',
  'recovery_used',
  'recovery_proven',
  'recovery_begun',
  'help_issued',
  'help_used',
  'password_reset',
  'account_taken_over',
  'address_changed',
  'new_device',
  'locked',
];
const content = (locale: string, purpose: Purpose, validMinutes = 10) => ({
  code: '012345',
  expiresAt: 0,
  validMinutes,
  purpose,
  locale,
  user: undefined,
  ...(purpose === 'payment' && { details: { amount: '12.50 EUR', payee: 'ACME GmbH' } }),
});
const all = (locale: string, appName?: string) => [
  ...PURPOSES.flatMap((purpose) =>
    (['address', 'number'] as const).flatMap((noun) =>
      [1, 2, 5, 10].map((minutes) => ({ isCode: true, ...codeMessage(content(locale, purpose, minutes), noun, appName) })),
    ),
  ),
  ...NOTICES.map((type) => ({ isCode: false, ...noticeMessage(type, locale, appName) })),
];

describe('built-in messages', () => {
  it('are there in fifteen languages, each with words of its own', () => {
    expect(MESSAGE_LANGUAGES.length).toBeGreaterThanOrEqual(10);
    const texts = MESSAGE_LANGUAGES.map((locale) => codeMessage(content(locale, 'sign-in'), 'address', 'Acme').text);
    expect(new Set(texts).size).toBe(MESSAGE_LANGUAGES.length);
  });

  describe.each(MESSAGE_LANGUAGES)('in %s', (locale) => {
    const written = [undefined, 'Acme'].flatMap((appName) => all(locale, appName).map((message) => ({ appName, ...message })));

    it('are whole sentences that link nowhere', () => {
      const isWrong = (part: string): boolean => /[{}[\]]| {2}|undefined|https?:|www\.|^\s|\s$|^\p{Ll}/u.test(part);
      expect(written.flatMap(({ subject, text }) => [subject, text]).filter(isWrong)).toEqual([]);
      expect(written.filter(({ html = '' }) => /<a\b|\b(?:src|href|url)\b|undefined|[[\]]/.test(html))).toEqual([]);
    });

    it('say in their HTML what language they are in, and from where it is read', () => {
      const opening = `<html lang="${locale}" dir="${locale === 'ar' ? 'rtl' : 'ltr'}">`;
      expect(written.filter(({ html = '' }) => !html.includes(opening))).toEqual([]);
    });

    it('show a code once, and not in the subject, which is seen on locked screens', () => {
      const times = (part: string): number => part.split('012345').length - 1;
      const isWrong = ({ isCode, subject, text, html = '' }: (typeof written)[number]): boolean =>
        times(subject) > 0 || [text, html].some((part) => times(part) !== (isCode ? 1 : 0));
      expect(written.filter(isWrong)).toEqual([]);
    });

    it('name the application where it has a name', () => {
      const isWrong = ({ appName, subject, text }: (typeof written)[number]): boolean =>
        `${subject}${text}`.includes('Acme') !== (appName !== undefined);
      expect(written.filter(isWrong)).toEqual([]);
    });

    it('show the amount and the payee of a payment as they are', () => {
      const details = { amount: '12.50 EUR', payee: '$& {app} [Foo] <b>' };
      const payment = { ...content(locale, 'payment'), details };
      const { text, html = '' } = codeMessage(payment, 'number', 'Acme');
      for (const shown of Object.values(details)) {
        expect(text).toContain(shown);
        expect(codeSentence(payment, 'number')).toContain(shown);
        expect(html).toContain(escapeHtml(shown));
      }
    });

    it('say what a code is for', () => {
      const purposes = PURPOSES.map((purpose) => codeMessage(content(locale, purpose), 'number').text);
      expect(new Set(purposes).size).toBe(PURPOSES.length);
      const adding = (['address', 'number'] as const).map((noun) => codeMessage(content(locale, 'enrolment'), noun).text);
      expect(adding[0]).not.toBe(adding[1]);
    });

    it('say how long a code lives', () => {
      for (const minutes of [3, 5, 7, 10, 21]) {
        expect(codeMessage(content(locale, 'sign-in', minutes), 'address').text).toContain(String(minutes));
      }
    });

    it('say of each change something else', () => {
      const texts = NOTICES.map((type) => noticeMessage(type, locale).text);
      expect(new Set(texts).size).toBe(NOTICES.length);
    });
  });

  it('begin with the code where a phone shows only the first words', () => {
    for (const locale of MESSAGE_LANGUAGES) {
      expect(codeMessage(content(locale, 'sign-in'), 'number', 'Acme').text).toMatch(/^012345/);
    }
  });

  it('take the name of an application for text', () => {
    const { html = '', text } = codeMessage(content('en', 'sign-in'), 'address', `<b>"A" & 'B'`);
    expect(html).toContain('&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;');
    expect(html).not.toContain('<b>');
    expect(text).toContain(`<b>"A" & 'B'`);
  });

  it('are in English where there is no text in a language', () => {
    expect(codeMessage(content('tlh', 'sign-in'), 'address').text).toMatch(
      / is your code to sign in\. It is valid for 10 minutes\./,
    );
    expect(codeMessage(content('__proto__', 'sign-in'), 'address').text).toMatch(/ is your code/);
    expect(codeMessage(content('pt-BR', 'sign-in'), 'address').text).toMatch(/ é o seu código/);
    expect(codeMessage(content('ZH-Hant-TW', 'sign-in'), 'address').text).toMatch(/验证码/);
  });
});
