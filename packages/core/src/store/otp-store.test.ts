import { describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../test/unit-stage.js';
import {
  CLOCK_TOLERANCE_MS,
  isAhead,
  isClaimed,
  isLive,
  lockLength,
  LONGEST_AHEAD_MS,
  RETENTION_MS,
  UNLIMITED,
} from './otp-store.js';

const NOW = Date.UTC(2030, 0);

describe('a time that a limit allows', () => {
  it.each<readonly [string, number, number, boolean]>([
    ['is not this moment', 0, MINUTE, false],
    ['is not over', -1, MINUTE, false],
    ['is a millisecond ahead', 1, MINUTE, true],
    ['is as far ahead as the limit', MINUTE, MINUTE, true],
    ['is further ahead by the tolerance', MINUTE + CLOCK_TOLERANCE_MS, MINUTE, true],
    ['is not further ahead than the tolerance', MINUTE + CLOCK_TOLERANCE_MS + 1, MINUTE, false],
    ['is ahead within the tolerance of no limit', 1, 0, true],
  ])('%s', (_sentence, ahead, most, expected) => expect(isAhead(NOW + ahead, NOW, most)).toBe(expected));
});

describe('a code', () => {
  it.each<readonly [string, number, boolean]>([
    ['lives for another millisecond', 1, true],
    ['lives for a day', DAY, true],
    ['is dead at its last moment', 0, false],
    ['is dead where a clock that ran two days ahead made it', 2 * DAY, false],
  ])('%s', (_sentence, ahead, expected) => expect(isLive(NOW + ahead, NOW)).toBe(expected));
});

describe('a claim', () => {
  it.each<readonly [string, number, number, boolean]>([
    ['stands until it ends', 1, MINUTE, true],
    ['is over when it ends', 0, MINUTE, false],
    ['stands for a day against a short one', DAY, MINUTE, true],
    ['of a clock that ran ahead does not stand against a short one', 3 * DAY, MINUTE, false],
    ['of three days stands against another of three days', 3 * DAY, 3 * DAY, true],
  ])('%s', (_sentence, ahead, wanted, expected) => expect(isClaimed(NOW + ahead, NOW, NOW + wanted)).toBe(expected));
});

describe('the length of a lock', () => {
  const limits = { ...UNLIMITED, lockMs: 15 * MINUTE, maxLockMs: DAY };

  it.each([
    [0, 15 * MINUTE],
    [1, 30 * MINUTE],
    [2, 60 * MINUTE],
    [6, 16 * 60 * MINUTE],
    [7, DAY],
    [40, DAY],
    [1000, DAY],
    [Number.MAX_SAFE_INTEGER, DAY],
  ])('after %i others is %i ms', (locks, expected) => expect(lockLength(locks, limits)).toBe(expected));

  it('is nothing without limits', () => expect(lockLength(3, UNLIMITED)).toBe(0));
});

it('a store keeps what nothing happens to for longer than a quota counts and a code lives', () => {
  expect([RETENTION_MS, LONGEST_AHEAD_MS, CLOCK_TOLERANCE_MS]).toEqual([2 * DAY, DAY, 15 * MINUTE]);
});
