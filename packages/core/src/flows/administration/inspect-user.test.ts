import { describe, expect, it } from 'vitest';
import type { FactorEvent, FactorEventType } from '../../factor/factor-event.js';
import { locksAmong } from './inspect-user.js';

const NOW = 1000;
const event = (type: FactorEventType, factor: string, retryAt?: number): FactorEvent => ({
  type,
  factor,
  userId: 'ann',
  purpose: undefined,
  ip: undefined,
  at: 0,
  ...(retryAt !== undefined && { retryAt }),
});

describe('the locks that an event log tells of', () => {
  it.each<readonly [string, readonly FactorEvent[], readonly string[]]>([
    ['no events', [], []],
    ['a lock', [event('locked', 'totp', NOW + 1)], ['totp']],
    ['a lock that has ended by itself', [event('locked', 'totp', NOW)], []],
    ['a lock that was ended', [event('unlocked', 'totp'), event('locked', 'totp', NOW + 1)], []],
    ['a lock after an earlier one was ended', [event('locked', 'totp', NOW + 1), event('unlocked', 'totp')], ['totp']],
    ['a lock of a factor that was reset', [event('reset', 'totp'), event('locked', 'totp', NOW + 1)], []],
    ['locks of two factors', [event('locked', 'otp', NOW + 1), event('locked', 'totp', NOW + 1)], ['totp', 'otp']],
  ])('of %s, the latest first', (_what, events, expected) => {
    expect(locksAmong(events, NOW).map(({ factor }) => factor)).toEqual(expected);
  });
});
