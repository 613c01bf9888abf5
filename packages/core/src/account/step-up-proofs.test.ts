import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../../testing/src/fake-clock.js';
import { DAY, MINUTE } from '../../test/unit-stage.js';
import { MemoryOtpStore } from '../store/memory-otp-store.js';
import { CLOCK_TOLERANCE_MS, type OtpStore } from '../store/otp-store.js';
import { type ProofAccount, PROOFS, type SessionOwner, type StepUpOptions, StepUpProofs } from './step-up-proofs.js';

const OWNER: SessionOwner = { appId: 'app', userId: 'u1', sessionToken: 'r:1' };
const ANY: ProofAccount = { counts: () => true };
const LIFE = 5 * MINUTE;

interface Stage {
  readonly clock: FakeClock;
  readonly store: OtpStore;
  readonly proofs: StepUpProofs;
}

const stage = (): Stage => {
  const clock = fakeClock();
  const store = new MemoryOtpStore({ clock });
  return { clock, store, proofs: new StepUpProofs(store, clock) };
};

/** A session that has proven `otp` just now, for five minutes. */
const proven = async (): Promise<Stage> => {
  const staged = stage();
  await staged.proofs.record(OWNER, 'otp', staged.clock() + LIFE);
  return staged;
};

describe('a fresh proof', () => {
  it('is not there before a factor was answered', async () => {
    expect(await stage().proofs.find(OWNER, ANY)).toBeUndefined();
  });

  it.each<readonly [string, number, boolean]>([
    ['is good at once', 0, true],
    ['is good until the last millisecond of its life', LIFE - 1, true],
    ['is over when its life is over', LIFE, false],
    ['is over a day later', DAY, false],
    ['is good when the clock has stepped back a minute', -MINUTE, true],
    ['is good when the clock has stepped back by the tolerance', -CLOCK_TOLERANCE_MS, true],
    ['is not good when the clock has stepped back beyond the tolerance', -CLOCK_TOLERANCE_MS - 1, false],
  ])('%s', async (_sentence, later, isGood) => {
    const { clock, proofs } = await proven();
    clock.advance(later);
    expect((await proofs.find(OWNER, ANY)) !== undefined).toBe(isGood);
  });

  it('stays over when the clock steps back after its end', async () => {
    const { clock, proofs } = await proven();
    clock.advance(LIFE);
    expect(await proofs.find(OWNER, ANY)).toBeUndefined();
    clock.advance(-MINUTE);
    expect(await proofs.find(OWNER, ANY)).toBeUndefined();
  });

  it('is not good when a clock that ran a year ahead has made it', async () => {
    const { clock, proofs } = stage();
    await proofs.record(OWNER, 'otp', clock() + 365 * DAY);
    expect(await proofs.find(OWNER, ANY)).toBeUndefined();
  });

  it.each<readonly [string, number, number, boolean]>([
    ['younger than asked for is good', MINUTE, MINUTE - 1, true],
    ['exactly as old as asked for is too old', MINUTE, MINUTE, false],
    ['older than asked for is too old', MINUTE, MINUTE + 1, false],
    ['of this millisecond is too old where none may pass', 0, 0, false],
    ['of a clock that stepped back is young', MINUTE, -MINUTE, true],
  ])('%s', async (_sentence, maxAgeMs, later, isGood) => {
    const { clock, proofs } = await proven();
    clock.advance(later);
    expect((await proofs.find(OWNER, ANY, { maxAgeMs })) !== undefined).toBe(isGood);
  });

  it.each<readonly [string, Partial<SessionOwner>]>([
    ['of one session is none of another session', { sessionToken: 'r:2' }],
    ['of one user is none of another user', { userId: 'u2' }],
    ['of one application is none of another application', { appId: 'other' }],
  ])('%s', async (_sentence, other) => {
    const { proofs } = await proven();
    expect(await proofs.find({ ...OWNER, ...other }, ANY)).toBeUndefined();
    expect(await proofs.find(OWNER, ANY)).toBeDefined();
  });

  it.each<readonly [string, StepUpOptions, ProofAccount, boolean]>([
    ['by a factor that is named is good', { factors: ['totp', 'otp'] }, ANY, true],
    ['by a factor that is not named is none', { factors: ['totp'] }, ANY, false],
    ['is none where no factor is named good', { factors: [] }, ANY, false],
    ['by a factor that is named is good, whatever the account says', { factors: ['otp'] }, { counts: () => false }, true],
    ['by a factor that does not count for the account is none', {}, { counts: () => false }, false],
    ['by a factor that the account looks up later is good', {}, { counts: async (factor) => factor === 'otp' }, true],
    ['that is too old is none by a factor that is named', { factors: ['otp'], maxAgeMs: 0 }, ANY, false],
  ])('%s', async (_sentence, options, account, isGood) => {
    const { proofs } = await proven();
    expect((await proofs.find(OWNER, account, options)) !== undefined).toBe(isGood);
  });

  it('is refused when the account cannot be looked up', async () => {
    const { proofs } = await proven();
    await expect(proofs.find(OWNER, { counts: () => Promise.reject(new Error('down')) })).rejects.toThrow('down');
  });

  it('is good any number of times until it is spent', async () => {
    const { proofs } = await proven();
    const found = await Promise.all(Array.from({ length: 50 }, () => proofs.find(OWNER, ANY)));
    expect(new Set(found).size).toBe(1);
    expect(found[0]).toBeDefined();
  });

  it('is spent by exactly one of fifty at once', async () => {
    const { proofs } = await proven();
    const proof = (await proofs.find(OWNER, ANY)) ?? '';
    const spent = await Promise.all(Array.from({ length: 50 }, () => proofs.spend(OWNER, proof)));
    expect(spent.filter(Boolean)).toHaveLength(1);
    expect(await proofs.find(OWNER, ANY)).toBeUndefined();
  });

  it('of an older answer cannot be spent once a newer one is there', async () => {
    const { clock, proofs } = await proven();
    const proof = (await proofs.find(OWNER, ANY)) ?? '';
    clock.advance(1);
    await proofs.record(OWNER, 'otp', clock() + LIFE);
    expect(await proofs.spend(OWNER, proof)).toBe(false);
    expect(await proofs.find(OWNER, ANY)).toBeDefined();
  });

  it('of a second session takes the place of that of the first', async () => {
    const { clock, proofs } = await proven();
    const second = { ...OWNER, sessionToken: 'r:2' };
    await proofs.record(second, 'totp', clock() + LIFE);
    expect(await proofs.find(OWNER, ANY)).toBeUndefined();
    expect(await proofs.find(second, ANY, { factors: ['totp'] })).toBeDefined();
  });

  it('ends in all sessions of the user, and of that user only', async () => {
    const { clock, proofs } = await proven();
    await proofs.record({ ...OWNER, userId: 'u2' }, 'otp', clock() + LIFE);
    await proofs.end(OWNER);
    expect(await proofs.find(OWNER, ANY)).toBeUndefined();
    expect(await proofs.find({ ...OWNER, userId: 'u2' }, ANY)).toBeDefined();
  });

  it('is kept without the token of the session', async () => {
    const { clock } = stage();
    const { subject, digest } = await spyOnSubject(clock);
    expect(subject + digest).not.toContain(OWNER.sessionToken);
    expect(subject).toMatch(/^[\w-]{43}$/);
  });
});

describe('the kinds of proofs', () => {
  it.each(PROOFS)('keep a proof of the kind %s apart from the others', async (kind) => {
    const { clock, store } = stage();
    await new StepUpProofs(store, clock, kind).record(OWNER, 'otp', clock() + LIFE);
    const found = await Promise.all(PROOFS.map((other) => new StepUpProofs(store, clock, other).find(OWNER, ANY)));
    expect(PROOFS.filter((_other, index) => found[index] !== undefined)).toEqual([kind]);
  });

  it.each(PROOFS)('end a proof of the kind %s and no other', async (kind) => {
    const { clock, store } = stage();
    for (const other of PROOFS) await new StepUpProofs(store, clock, other).record(OWNER, 'otp', clock() + LIFE);
    await new StepUpProofs(store, clock, kind).end(OWNER);
    const found = await Promise.all(PROOFS.map((other) => new StepUpProofs(store, clock, other).find(OWNER, ANY)));
    expect(PROOFS.filter((_other, index) => found[index] === undefined)).toEqual([kind]);
  });

  it.each([
    ['fresh', 'nnSsPYwEbtM4rn7ZOOdXFYvWHfMN6fPTlSCDVeFaf4o'],
    ['login', 'FMA7WDuhHii7oelDTsrXWfHxb0i81fGq9na3-4BiqSA'],
    ['recovery', 'WSIJRBeV4kIpO74LXKa3LgHlGMGAr716pNCn2oqNTH8'],
  ] as const)('are stored under a name that never changes: %s', async (kind, name) => {
    expect((await spyOnSubject(fakeClock(), kind)).subject).toBe(name);
  });
});

it('a proof is good exactly while it is younger than its life and than what is asked for', async () => {
  const times = fc.integer({ min: -CLOCK_TOLERANCE_MS, max: 20 * MINUTE });
  await fc.assert(
    fc.asyncProperty(
      times,
      fc.integer({ min: 0, max: 20 * MINUTE }),
      fc.integer({ min: 1, max: DAY }),
      async (later, maxAgeMs, life) => {
        const { clock, proofs } = stage();
        await proofs.record(OWNER, 'otp', clock() + life);
        clock.advance(later);
        expect((await proofs.find(OWNER, ANY, { maxAgeMs })) !== undefined).toBe(later < life && later < maxAgeMs);
      },
    ),
    { numRuns: 15 },
  );
});

/** Under which name a proof is stored, and what stands there. */
async function spyOnSubject(
  clock: FakeClock,
  kind: (typeof PROOFS)[number] = 'fresh',
): Promise<{ subject: string; digest: string }> {
  const names: { subject: string; digest: string }[] = [];
  class Spy extends MemoryOtpStore {
    override issue(...given: Parameters<MemoryOtpStore['issue']>): ReturnType<MemoryOtpStore['issue']> {
      names.push({ subject: given[0], digest: given[1].digest });
      return super.issue(...given);
    }
  }
  await new StepUpProofs(new Spy({ clock }), clock, kind).record(OWNER, 'otp', clock() + LIFE);
  return names[0] ?? { subject: '', digest: '' };
}
