import { describe, expect, it } from 'vitest';
import { conversionOption } from './conversion-limit.js';
import { HOUR_MS } from '../../time/durations.js';

const sound = { minPercent: 20, messages: 100, windowMs: HOUR_MS };

describe('the limit on countries whose codes do not come back', () => {
  it.each([
    ['all of its numbers', sound],
    ['the smallest', { minPercent: 10, messages: 10, windowMs: 10 * 60_000 }],
    ['the largest', { minPercent: 50, messages: 1e6, windowMs: 24 * HOUR_MS }],
  ])('takes %s', (_what, value) => expect(conversionOption.isValid(value)).toBe(true));

  it.each([
    ['nothing', {}],
    ['a part', { minPercent: 20, messages: 100 }],
    ['a share below a tenth', { ...sound, minPercent: 9 }],
    ['a share above a half', { ...sound, minPercent: 51 }],
    ['too few messages', { ...sound, messages: 9 }],
    ['a window below ten minutes', { ...sound, windowMs: 10 * 60_000 - 1 }],
    ['a window of more than a day', { ...sound, windowMs: 24 * HOUR_MS + 1 }],
    ['another field', { ...sound, country: 'FR' }],
    ['no object', 20],
    ['null', null],
  ])('refuses %s', (_what, value) => expect(conversionOption.isValid(value)).toBe(false));
});
