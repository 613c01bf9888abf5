import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { outcomeOf } from '../../test/unit-stage.js';
import { TimeoutError, withTimeout } from './timeout.js';

const never = (): Promise<void> => new Promise<void>(() => undefined);

const after = (milliseconds: number, error?: Error) => (): Promise<void> =>
  new Promise((resolve, reject) => {
    setTimeout(() => (error === undefined ? resolve() : reject(error)), milliseconds);
  });

describe('work within a time', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it.each<readonly [string, () => Promise<void>, number, string]>([
    ['passes where it is done at once', async () => undefined, 0, 'passes'],
    ['passes where it is done in the last millisecond', after(999), 999, 'passes'],
    ['fails with its own fault', after(10, new Error('own')), 10, 'own'],
    ['takes too long where it never ends', never, 1000, ''],
    ['takes too long where it ends later', after(1001), 1000, ''],
    ['takes too long where it fails later', after(1001, new Error('own')), 1000, ''],
  ])('%s', async (_sentence, work, elapsed, expected) => {
    const outcome = outcomeOf(() => withTimeout(1000, work));
    await vi.advanceTimersByTimeAsync(elapsed);
    expect(await outcome).toBe(expected);
    await vi.runAllTimersAsync();
  });

  it('is told by its signal that the time is over', async () => {
    let signal: AbortSignal | undefined;
    const work = withTimeout(1000, (given) => {
      signal = given;
      return never();
    });
    const failed = expect(work).rejects.toThrow(TimeoutError);
    expect(signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1000);
    await failed;
    expect(signal?.aborted).toBe(true);
  });

  it('ends when the time around it ends', async () => {
    const outer = new AbortController();
    const failed = expect(withTimeout(1000, never, outer.signal)).rejects.toThrow(TimeoutError);
    outer.abort();
    await failed;
  });

  it('does not begin when the time around it is over', async () => {
    const work = vi.fn<() => Promise<void>>(never);
    await expect(withTimeout(1000, work, AbortSignal.abort())).rejects.toThrow(TimeoutError);
    expect(work).not.toHaveBeenCalled();
  });

  it.each<readonly [string, () => Promise<void>]>([
    ['passes', async () => undefined],
    ['fails', () => Promise.reject(new Error('own'))],
  ])('leaves no timer and no listener where it %s', async (_sentence, work) => {
    const outer = new AbortController();
    const [add, remove] = [vi.spyOn(outer.signal, 'addEventListener'), vi.spyOn(outer.signal, 'removeEventListener')];
    await outcomeOf(() => withTimeout(1000, work, outer.signal));
    expect(vi.getTimerCount()).toBe(0);
    expect(remove.mock.calls.map(([, listener]) => listener)).toEqual(add.mock.calls.map(([, listener]) => listener));
  });
});
