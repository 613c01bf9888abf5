import { describe, expect, it } from 'vitest';
import { checkedStore } from './checked-store.js';
import { MemoryOtpStore } from './memory-otp-store.js';
import type { OtpStore } from './otp-store.js';

const LIMITS = { maxAttempts: 5, maxFailures: 10, lockMs: 60_000, maxLockMs: 60_000 };
const QUOTA = { limit: 1, windowMs: 1000 };
const SEND = { cooldownMs: 0, quotas: [] };

/** A store that answers one verb with this. */
const answering = (verb: keyof OtpStore, answer: unknown): OtpStore => {
  const store = new MemoryOtpStore();
  Reflect.set(store, verb, async () => answer);
  return checkedStore(store);
};

describe('a store of an application', () => {
  it('is taken as it is where its answers are those of the contract', async () => {
    const store = checkedStore(new MemoryOtpStore());
    const expiresAt = Date.now() + 60_000;
    expect(await store.issue('s', { digest: 'd', expiresAt }, { cooldownMs: 60_000, quotas: [] })).toEqual({ issued: true });
    expect(await store.issue('s', { digest: 'e', expiresAt }, { cooldownMs: 60_000, quotas: [] })).toMatchObject({
      issued: false,
    });
    expect(await store.attempt('s', LIMITS)).toMatchObject({ locked: false, digest: 'd' });
    expect(await store.consume('s', 'd')).toBe(true);
    expect(await store.consume('s', 'd')).toBe(false);
    expect(await store.redeem?.('s', ['d'], LIMITS)).toMatchObject({ outcome: 'absent' });
    expect(await store.guess?.('s', 5)).toBe(undefined);
    expect(await store.claim('c', expiresAt)).toBe(true);
    expect(await store.advance('m', 1)).toBe(true);
    expect([await store.count('b', QUOTA), await store.count('b', QUOTA)]).toMatchObject([{ allowed: true }, { allowed: false }]);
    await store.uncount('b');
    await store.pardon('s');
    await store.revoke('s', 'd');
    await store.forget('s');
    expect(await store.prune(0, 10)).toBe(0);
  });

  it('that lacks a verb that may be left out still lacks it', () => {
    const { redeem: _redeem, guess: _guess, ...verbs } = checkedStore(new MemoryOtpStore());
    expect(checkedStore(verbs)).not.toHaveProperty('redeem');
    expect(checkedStore(verbs)).not.toHaveProperty('guess');
  });

  it.each<[keyof OtpStore, unknown, (store: OtpStore) => Promise<unknown> | undefined]>([
    ['consume', 1, (store) => store.consume('s', 'd')],
    ['consume', 'OK', (store) => store.consume('s', 'd')],
    ['consume', undefined, (store) => store.consume('s', 'd')],
    ['advance', { rowCount: 1 }, (store) => store.advance('s', 1)],
    ['claim', [], (store) => store.claim('c', 1)],
    ['count', { allowed: 'yes' }, (store) => store.count('b', QUOTA)],
    ['count', {}, (store) => store.count('b', QUOTA)],
    ['issue', { issued: 1 }, (store) => store.issue('s', { digest: 'd', expiresAt: 1 }, SEND)],
    ['issue', undefined, (store) => store.issue('s', { digest: 'd', expiresAt: 1 }, SEND)],
    ['attempt', { locked: 0, mark: -1 }, (store) => store.attempt('s', LIMITS)],
    ['attempt', { locked: false, digest: 5, mark: -1 }, (store) => store.attempt('s', LIMITS)],
    ['attempt', { locked: true }, (store) => store.attempt('s', LIMITS)],
    ['redeem', { locked: false, outcome: 'yes' }, (store) => store.redeem?.('s', ['d'], LIMITS)],
    ['guess', true, (store) => store.guess?.('s', 5)],
    ['guess', null, (store) => store.guess?.('s', 5)],
    ['consume', null, (store) => store.consume('s', 'd')],
    ['advance', 'true', (store) => store.advance('s', 1)],
    ['claim', 1, (store) => store.claim('c', 1)],
    ['count', { allowed: false }, (store) => store.count('b', QUOTA)],
    ['count', { allowed: false, retryAt: Number.NaN }, (store) => store.count('b', QUOTA)],
    ['count', true, (store) => store.count('b', QUOTA)],
    ['issue', { issued: false, reason: 'busy', retryAt: 1 }, (store) => store.issue('s', { digest: 'd', expiresAt: 1 }, SEND)],
    ['issue', { issued: false, reason: 'locked' }, (store) => store.issue('s', { digest: 'd', expiresAt: 1 }, SEND)],
    ['issue', ['issued'], (store) => store.issue('s', { digest: 'd', expiresAt: 1 }, SEND)],
    ['attempt', { locked: false, digest: 'd' }, (store) => store.attempt('s', LIMITS)],
    ['attempt', { locked: false, mark: -1, locksUntil: '1' }, (store) => store.attempt('s', LIMITS)],
    ['attempt', undefined, (store) => store.attempt('s', LIMITS)],
    ['redeem', { locked: false }, (store) => store.redeem?.('s', ['d'], LIMITS)],
    ['redeem', 'spent', (store) => store.redeem?.('s', ['d'], LIMITS)],
    ['prune', undefined, (store) => store.prune(0, 1)],
    ['prune', '5', (store) => store.prune(0, 1)],
    ['time', new Date(), (store) => store.time?.()],
    ['time', '1', (store) => store.time?.()],
  ])('that answers %s with %j is a fault, and closes', async (verb, answer, call) => {
    await expect(call(answering(verb, answer))).rejects.toMatchObject({ code: 'unavailable', cause: { code: 'unsound_answer' } });
  });

  it('is asked with its own this, and its errors come through', async () => {
    const store = new MemoryOtpStore();
    expect(await checkedStore(store).claim('c', Date.now() + 1000)).toBe(true);
    Reflect.set(store, 'claim', () => Promise.reject(new Error('down')));
    await expect(checkedStore({ ...store, claim: store.claim } as OtpStore).claim('c', 1)).rejects.toThrow('down');
  });

  it('is wrapped once', () => {
    const store = new MemoryOtpStore();
    expect(checkedStore(store)).toBe(checkedStore(store));
  });
});
