import { describe, expect, it } from 'vitest';
import { escapedText, plainText, readableTime } from './plain-text.js';

describe('a text for Parse Dashboard', () => {
  it.each([
    ['a name', 'ann', 'ann'],
    ['letters of any script', 'Żółć 名前', 'Żółć 名前'],
    ['HTML, which an info panel escapes', '<b>', '<b>'],
    ['a change of direction', 'a\u202Eb', 'a?b'],
    ['a line break and NUL', 'a\n\u0000', 'a??'],
    ['invisible characters', '\u200B\u2028', '??'],
    ['64 characters', 'a'.repeat(64), 'a'.repeat(64)],
    ['65 characters', 'a'.repeat(65), `${'a'.repeat(63)}…`],
  ])('shows %s in one line', (_what, text, expected) => {
    expect(plainText(text)).toBe(expected);
  });

  it.each([
    ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
    [`"'&`, '&quot;&#39;&amp;'],
    ['&lt;b>', '&amp;lt;b&gt;'],
  ])('escapes %s for a view', (text, expected) => {
    expect(escapedText(text)).toBe(expected);
  });

  it.each([
    [Date.UTC(2026, 10, 27, 10, 5), '2026-11-27 10:05 UTC'],
    ['2026-11-27T10:05:59.000Z', '2026-11-27 10:05 UTC'],
    ['', ''],
    ['never', ''],
  ])('shows the time %s', (time, expected) => {
    expect(readableTime(time)).toBe(expected);
  });
});
