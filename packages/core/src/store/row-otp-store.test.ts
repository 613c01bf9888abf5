import { describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../../testing/src/fake-clock.js';
import { DAY, MINUTE } from '../../test/unit-stage.js';
import { FactorError } from '../error/factor-error.js';
import { type AttemptLimits, type OtpStore, RETENTION_MS } from './otp-store.js';
import { RowOtpStore, type RowStep } from './row-otp-store.js';
import type { SubjectRow } from './subject-row.js';

const LIMITS: AttemptLimits = { maxAttempts: 5, maxFailures: 10, lockMs: MINUTE, maxLockMs: MINUTE };
const SEND = { cooldownMs: 0, quotas: [] };

/** A store of one place for rows, which can be looked at; and what its backend fails with. */
class TestStore extends RowOtpStore {
  readonly rows = new Map<string, SubjectRow>();
  fault: Error | undefined;
  /** How often a step is asked: more than once where the row changed meanwhile. */
  rounds = 1;

  protected override async change<Result>(name: string, step: RowStep<Result>): Promise<Result> {
    if (this.fault !== undefined) throw this.fault;
    for (let round = 1; round < this.rounds; round += 1) step(this.rows.get(name));
    const { result, row } = step(this.rows.get(name));
    if (row !== undefined) this.rows.set(name, JSON.parse(JSON.stringify(row)) as SubjectRow);
    return result;
  }

  protected override async remove(name: string): Promise<void> {
    if (this.fault !== undefined) throw this.fault;
    this.rows.delete(name);
  }

  protected override async removeDead(): Promise<number> {
    if (this.fault !== undefined) throw this.fault;
    return 0;
  }
}

const stage = (): { clock: FakeClock; store: TestStore; live: { digest: string; expiresAt: number } } => {
  const clock = fakeClock();
  return { clock, store: new TestStore({ clock }), live: { digest: 'd', expiresAt: clock() + 10 * MINUTE } };
};

const VERBS: readonly (readonly [string, (store: OtpStore) => Promise<unknown> | undefined])[] = [
  ['issue', (store) => store.issue('s', { digest: 'd', expiresAt: 1 }, SEND)],
  ['attempt', (store) => store.attempt('s', LIMITS)],
  ['guess', (store) => store.guess?.('s', 5)],
  ['consume', (store) => store.consume('s', 'd')],
  ['redeem', (store) => store.redeem?.('s', ['d'], LIMITS)],
  ['revoke', (store) => store.revoke('s', 'd')],
  ['advance', (store) => store.advance('s', 1)],
  ['claim', (store) => store.claim('s', 1)],
  ['count', (store) => store.count('s', { limit: 1, windowMs: 1 })],
  ['uncount', (store) => store.uncount('s')],
  ['pardon', (store) => store.pardon('s')],
  ['forget', (store) => store.forget('s')],
  ['prune', (store) => store.prune(0, 1)],
];

describe('a store of rows', () => {
  it.each(VERBS)('answers a fault of its backend as unavailable: %s', async (_verb, call) => {
    const { store } = stage();
    store.fault = new Error('down');
    await expect(call(store)).rejects.toMatchObject({ code: 'unavailable', cause: store.fault });
  });

  it.each(VERBS)('leaves an error of ours as it is: %s', async (_verb, call) => {
    const { store } = stage();
    store.fault = new FactorError('cooldown');
    await expect(call(store)).rejects.toBe(store.fault);
  });

  it.each(VERBS)('decides the same where it is asked twice, as a row changed meanwhile: %s', async (_verb, call) => {
    const [once, twice] = [stage().store, stage().store];
    twice.rounds = 2;
    for (const store of [once, twice]) await store.issue('s', { digest: 'd', expiresAt: fakeClock()() + MINUTE }, SEND);
    expect(await call(twice)).toEqual(await call(once));
    expect(twice.rows).toEqual(once.rows);
  });

  it.each<readonly [string, (store: OtpStore) => Promise<unknown> | undefined]>([
    ['a code is consumed that was never sent', (store) => store.consume('s', 'd')],
    ['a code is guessed at that was never sent', (store) => store.guess?.('s', 5)],
    ['a code is revoked that was never sent', (store) => store.revoke('s', 'd')],
    ['failures are pardoned where there are none', (store) => store.pardon('s')],
    ['an event is taken back that was not counted', (store) => store.uncount('s')],
    ['an empty digest is consumed', (store) => store.consume('s', '')],
  ])('writes nothing where %s', async (_sentence, call) => {
    const { store } = stage();
    await call(store);
    expect(store.rows.size).toBe(0);
  });

  it('keeps a code no longer than it lives, and two days more', async () => {
    const { clock, store, live } = stage();
    await store.issue('s', live, SEND);
    expect(store.rows.get('s')?.deadAt).toBe(clock() + 10 * MINUTE + RETENTION_MS);
  });

  it('keeps a row no shorter than before', async () => {
    const { clock, store, live } = stage();
    await store.issue('s', { ...live, expiresAt: clock() + DAY }, SEND);
    await store.issue('s', live, SEND);
    expect(store.rows.get('s')?.deadAt).toBe(clock() + DAY + RETENTION_MS);
  });

  it('keeps a row no longer than a code or a lock can last, whatever a clock has said that ran a year ahead', async () => {
    const { clock, store } = stage();
    clock.advance(365 * DAY);
    await store.attempt('s', LIMITS);
    clock.advance(-365 * DAY);
    await store.attempt('s', LIMITS);
    expect(store.rows.get('s')?.deadAt).toBe(clock() + DAY + RETENTION_MS);
  });

  it('forgets a code that it has called expired, and keeps what was counted', async () => {
    const { clock, store, live } = stage();
    await store.issue('s', live, SEND);
    await store.attempt('s', LIMITS);
    clock.advance(10 * MINUTE);
    expect(await store.consume('s', 'd')).toBe(false);
    expect(store.rows.get('s')).toMatchObject({ digest: '', codeExpiresAt: -1, attempts: 1, failures: 1 });
  });

  it('takes the attempts of a code back with a newer one, and no failures', async () => {
    const { store, live } = stage();
    await store.issue('s', live, SEND);
    for (let time = 0; time < 3; time += 1) await store.attempt('s', LIMITS);
    await store.issue('s', { ...live, digest: 'e' }, SEND);
    expect(store.rows.get('s')).toMatchObject({ digest: 'e', attempts: 0, failures: 3 });
  });
});
