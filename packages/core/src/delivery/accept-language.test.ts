import { describe, expect, it } from 'vitest';
import { acceptedLanguage, languageOf, MESSAGE_LANGUAGES } from './accept-language.js';

describe('the language of a request', () => {
  it.each<readonly [string, string | readonly string[] | undefined, string]>([
    ['is English where none is asked for', undefined, 'en'],
    ['is English for an empty header', '', 'en'],
    ['is English for any language', '*', 'en'],
    ['is English for languages without a text', 'tlh, sjn;q=0.5', 'en'],
    ['is the only one', 'de', 'de'],
    ['is that of a region', 'de-CH, fr;q=0.9', 'de'],
    ['is read in any case', 'DE-ch', 'de'],
    ['is the one with the greatest weight', 'fr;q=0.2, de;q=0.8', 'de'],
    ['is the first of two with the same weight', 'fr;q=0.5, de;q=0.5', 'fr'],
    ['weighs one without a weight most', 'fr;q=0.9, de', 'de'],
    ['is the next one where there is no text in the first', 'tlh, fr;q=0.1', 'fr'],
    ['is none that is not wanted', 'de;q=0, fr;q=0.5', 'fr'],
    ['is none whose weight is no number', 'de;q=x, fr', 'fr'],
    ['is none with a negative weight', 'de;q=-1, fr;q=0.1', 'fr'],
    ['is read with spaces around its weight', 'fr ; q=0.1 , de ; q=0.2', 'de'],
    ['is that of the first of two headers', ['de', 'fr'], 'de'],
    ['is no method of all objects', 'constructor', 'en'],
    ['is looked for in 500 characters and no more', `${'x,'.repeat(250)}de`, 'en'],
    ['is looked for in 500 characters', `${'x,'.repeat(249)}de`, 'de'],
    ['is found at once in a header without end', `de,${'x,'.repeat(100_000)}`, 'de'],
  ])('%s', (_sentence, header, language) => expect(acceptedLanguage({ 'accept-language': header })).toBe(language));

  it.each(MESSAGE_LANGUAGES)('can be %s, in any region', (language) => {
    expect(acceptedLanguage({ 'accept-language': language })).toBe(language);
    expect(acceptedLanguage({ 'accept-language': `${language}-AQ;q=0.1` })).toBe(language);
  });
});

it.each([
  ['de', 'de'],
  ['pt-BR', 'pt'],
  ['ZH-Hant-TW', 'zh'],
  ['', ''],
])('the language of the tag %j is %j', (tag, language) => expect(languageOf(tag)).toBe(language));
