import { describe, expect, it } from 'vitest';
import { codeMessage, noticeMessage } from './message.js';
import { MESSAGE_LANGUAGES } from './accept-language.js';
import { acceptedLanguage } from './accept-language.js';
import type { NoticeType } from '../factor/notification.js';
import { PURPOSES, type Purpose } from '../factor/purpose.js';

const NOTICES: readonly NoticeType[] = [
  'enrolled',
  'replaced',
  'removed',
  'recovery_used',
  'recovery_proven',
  'recovery_begun',
  'locked',
];
const content = (locale: string, purpose: Purpose, validMinutes = 10) => ({
  code: '012345',
  expiresAt: 0,
  validMinutes,
  purpose,
  locale,
  user: undefined,
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

  it.each(MESSAGE_LANGUAGES)('say in %s what a code is for and how long it lives, and link nowhere', (locale) => {
    for (const appName of [undefined, 'Acme']) {
      for (const { isCode, subject, text, html = '' } of all(locale, appName)) {
        for (const part of [subject, text]) {
          expect(part).not.toMatch(/[{}[\]]| {2}|undefined|https?:|www\.|^\s|\s$/);
          expect(part).not.toMatch(/^\p{Ll}/u);
        }
        expect(html).not.toMatch(/<a\b|\b(?:src|href|url)\b|undefined|[[\]]/);
        expect(html).toContain(`<html lang="${locale}" dir="${locale === 'ar' ? 'rtl' : 'ltr'}">`);
        for (const part of [text, html]) expect(part.split('012345')).toHaveLength(isCode ? 2 : 1);
        // A subject is seen on locked screens.
        expect(subject).not.toContain('012345');
        expect(`${subject}${text}`.includes('Acme')).toBe(appName !== undefined);
      }
    }
    const purposes = PURPOSES.map((purpose) => codeMessage(content(locale, purpose), 'number').text);
    expect(new Set(purposes).size).toBe(PURPOSES.length);
    const adding = (['address', 'number'] as const).map((noun) => codeMessage(content(locale, 'enrolment'), noun).text);
    expect(adding[0]).not.toBe(adding[1]);
    expect(codeMessage(content(locale, 'sign-in', 7), 'address').text).toContain('7');
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

describe('acceptedLanguage', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['*', 'en'],
    ['de', 'de'],
    ['de-CH, fr;q=0.9', 'de'],
    ['fr;q=0.2, de;q=0.8', 'de'],
    ['tlh, fr;q=0.1', 'fr'],
    ['de;q=0, fr;q=0.5', 'fr'],
    ['de;q=x, fr', 'fr'],
    ['constructor', 'en'],
    [`${'x,'.repeat(100_000)}de`, 'en'],
  ])('reads %.40s as %s', (header, language) => {
    expect(acceptedLanguage({ 'accept-language': header })).toBe(language);
  });
});
