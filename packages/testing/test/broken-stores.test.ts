import { FactorError, MemoryOtpStore } from '@parse-factors/core';
import type { Clock, OtpStore } from '@parse-factors/core/store';
import { describe, expect, it } from 'vitest';
import { storeSuite, type StoreSuiteOptions } from '../src/index.js';

/** Runs the suite with a runner of its own, and gives the names of the cases that fail. */
async function failures(options: StoreSuiteOptions): Promise<string[]> {
  const cases: { readonly name: string; readonly run: () => Promise<void> }[] = [];
  let group = '';
  storeSuite(
    {
      describe(name, body) {
        group = name;
        body();
      },
      it: (name, run) => cases.push({ name: `${group} ${name}`, run }),
    },
    options,
  );
  const failed: string[] = [];
  for (const { name, run } of cases) await run().catch(() => failed.push(name));
  return failed;
}

type Break = (store: OtpStore, clock: Clock) => Partial<OtpStore>;

/** A store in memory with some verbs gone wrong, and a backend that can be out of reach. */
function brokenStore(
  breaks: Break,
  duringOutage = (_verb: string): Promise<unknown> => Promise.reject(new FactorError('unavailable')),
): StoreSuiteOptions {
  let isDown = false;
  return {
    open: (clock) => {
      const store = new MemoryOtpStore({ clock });
      const wrong = breaks(store, clock);
      const call = (verb: keyof MemoryOtpStore) => (wrong[verb] ?? store[verb]) as (...given: unknown[]) => unknown;
      return new Proxy(store, {
        get: (_store, verb: keyof MemoryOtpStore) => {
          // Without `redeem`, so that what is broken in `attempt` and `consume` shows.
          if (verb === 'redeem' || !(verb in store)) return wrong[verb];
          return (...given: unknown[]) => (isDown ? duringOutage(verb) : call(verb).apply(store, given));
        },
      });
    },
    outage: async () => {
      isDown = true;
      return async () => {
        isDown = false;
      };
    },
  };
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets callers in between reading and writing: what a read and a write in two statements does. */
const racy = <Given extends unknown[], Result>(
  work: (...given: Given) => Promise<Result>,
  undo: (...given: Given) => Promise<void>,
) => {
  let isAsked = false;
  return async (...given: Given): Promise<Result> => {
    if (isAsked) await undo(...given);
    isAsked = true;
    const result = await work(...given);
    await soon();
    isAsked = false;
    return result;
  };
};

describe('the suite of stores', () => {
  it('passes a sound one', async () => {
    expect(await failures(brokenStore(() => ({})))).toEqual([]);
    expect(await failures({ open: (clock) => new MemoryOtpStore({ clock }) })).toEqual([]);
  });

  const table: readonly (readonly [string, string, StoreSuiteOptions])[] = [
    [
      'whose attempt is not atomic',
      'attempt lets ten of 200 parallel guesses be evaluated, then locks',
      brokenStore((store) => ({
        attempt: racy(
          (s, limits) => store.attempt(s, limits),
          (s) => store.pardon(s),
        ),
      })),
    ],
    [
      'whose consume is not atomic',
      'consume is true for exactly one of 50 parallel callers',
      brokenStore((store) => {
        const spent = new Set<string>();
        return {
          consume: async (s, digest) => {
            const wasSpent = spent.has(s);
            await soon();
            if (wasSpent) return store.consume(s, digest);
            const isSpent = (await store.consume(s, digest)) || spent.has(s);
            if (isSpent) spent.add(s);
            return isSpent;
          },
        };
      }),
    ],
    [
      'whose consume forgets to spend',
      'consume is true for exactly one of 50 parallel callers',
      brokenStore((store) => ({
        consume: async (s, digest) => {
          const attempt = await store.attempt(s, { maxAttempts: 1e6, maxFailures: 1e6, lockMs: 1, maxLockMs: 1 });
          return !attempt.locked && attempt.digest === digest;
        },
      })),
    ],
    [
      'that looks at the time of the attempt only',
      'consume is false from the moment the code expires, though an attempt was in time',
      brokenStore((store) => {
        const codes = new Map<string, string>();
        return {
          issue: async (s, code, limits) => {
            const result = await store.issue(s, code, limits);
            if (result.issued) codes.set(s, code.digest);
            return result;
          },
          consume: async (s, digest) => {
            const isLive = codes.get(s) === digest && codes.delete(s);
            await store.consume(s, digest);
            if (isLive) await store.pardon(s);
            return isLive;
          },
        };
      }),
    ],
    [
      'that takes one subject for another',
      'subjects are kept apart, however alike their names',
      brokenStore((store) => {
        const short = (s: string): string => s.slice(0, 30).toLowerCase().trim();
        return {
          issue: (s, code, limits) => store.issue(short(s), code, limits),
          attempt: (s, limits) => store.attempt(short(s), limits),
          consume: (s, digest) => store.consume(short(s), digest),
          advance: (s, mark) => store.advance(short(s), mark),
          forget: (s) => store.forget(short(s)),
          pardon: (s) => store.pardon(short(s)),
          revoke: (s, digest) => store.revoke(short(s), digest),
        };
      }),
    ],
    [
      'that takes an outage for absence',
      'an outage rejects every verb in time, and never resolves as absent',
      brokenStore(
        () => ({}),
        async (verb) => {
          const absent: Record<string, unknown> = {
            issue: { issued: true },
            attempt: { locked: false, digest: undefined, mark: -1, locksUntil: undefined },
            consume: false,
            advance: true,
            claim: true,
            count: { allowed: true },
          };
          return absent[verb];
        },
      ),
    ],
    [
      'that stays down',
      'an outage ends once the backend is back, and locks no user out',
      { ...brokenStore(() => ({})), outage: neverEnding() },
    ],
    [
      'that starts failures anew with each code',
      'issue resets no failures',
      brokenStore((store) => ({
        issue: async (s, code, limits) => {
          const result = await store.issue(s, code, limits);
          if (result.issued) await store.pardon(s);
          return result;
        },
      })),
    ],
    [
      'whose cooldown ends with the code',
      'consume leaves the cooldown standing',
      brokenStore((store) => ({
        consume: async (s, digest) => {
          const isSpent = await store.consume(s, digest);
          if (isSpent) await store.forget(s);
          return isSpent;
        },
      })),
    ],
    [
      'that takes the same step twice',
      'advance is true for exactly one of 50 parallel callers per mark, new subject or not',
      brokenStore((store) => ({ advance: async (s, mark) => (await store.advance(s, mark)) || !(await store.advance(s, mark)) })),
    ],
    [
      'that claims for everybody',
      'claim is true for exactly one of 50 parallel callers, until it expires',
      brokenStore((store) => ({ claim: async (key, expiresAt) => (await store.claim(key, expiresAt)) || true })),
    ],
    [
      'that counts beyond the limit',
      'count allows the limit of 50 parallel callers in a window, then says when',
      brokenStore((store) => ({ count: (bucket, quota) => store.count(bucket, { ...quota, limit: quota.limit + 1 }) })),
    ],
    [
      'whose locks never grow',
      'attempt locks twice as long each time, up to the longest',
      brokenStore((store) => ({ attempt: (s, limits) => store.attempt(s, { ...limits, maxLockMs: limits.lockMs }) })),
    ],
    [
      'that spends whatever it is given in one step',
      'redeem counts what is wrong, and refuses the right one when attempts are used up',
      brokenStore((store) => ({
        redeem: async (s, digests, limits) => {
          const attempt = await store.attempt(s, { ...limits, maxAttempts: 1e6 });
          if (attempt.locked) return attempt;
          if (attempt.digest === undefined) return { locked: false, outcome: 'absent', locksUntil: undefined };
          const isRight = digests.includes(attempt.digest) && (await store.consume(s, attempt.digest));
          return { locked: false, outcome: isRight ? 'spent' : 'wrong', locksUntil: isRight ? undefined : attempt.locksUntil };
        },
      })),
    ],
    [
      'that prunes what still counts',
      'prune leaves what still refuses or allows something',
      brokenStore((store) => ({ prune: (now, batch) => store.prune(now + 3 * 24 * 3_600_000, batch) })),
    ],
    [
      'that trusts a clock that steps back',
      'a clock that steps back ten minutes takes no step, claim or event twice',
      brokenStore((store, clock) => {
        let latest = 0;
        return {
          claim: async (key, expiresAt) => {
            const isBack = clock() < latest;
            latest = clock();
            return isBack || store.claim(key, expiresAt);
          },
        };
      }),
    ],
    [
      'that forgets what is not read within an hour',
      'attempt remembers failures, and how often it has locked, for a day',
      brokenStore((store, clock) => {
        let last = 0;
        return {
          attempt: async (s, limits) => {
            if (clock() - last > 3_600_000) await store.forget(s);
            last = clock();
            return store.attempt(s, limits);
          },
        };
      }),
    ],
    [
      'that has no second quota without a cooldown',
      'issue counts two quotas where there is no cooldown, for 50 at once, window after window',
      brokenStore((store) => ({
        issue: (s, code, { cooldownMs, quotas }) =>
          store.issue(s, code, { cooldownMs, quotas: cooldownMs === 0 ? quotas.slice(0, 1) : quotas }),
      })),
    ],
    [
      'that compares the newest digest only',
      'redeem takes the live digest wherever it stands among the others',
      brokenStore((store) => ({
        redeem: async (s, digests, limits) => store.redeem?.(s, digests.slice(0, 1), limits) ?? { locked: true, retryAt: 0 },
      })),
    ],
    [
      'that only refuses an expired code, and keeps it',
      'a code that was refused as expired by consume stays dead when the clock steps back',
      brokenStore((store, clock) => {
        const codes = new Map<string, { readonly digest: string; readonly expiresAt: number }>();
        return {
          issue: async (s, code, limits) => {
            codes.set(s, code);
            return store.issue(s, code, limits);
          },
          consume: async (s, digest) => {
            const code = codes.get(s);
            if (code === undefined || code.digest !== digest || code.expiresAt <= clock()) return false;
            await store.issue(s, code, { cooldownMs: 0, quotas: [] });
            codes.delete(s);
            return store.consume(s, digest);
          },
        };
      }),
    ],
    [
      'that keeps a cooldown for a year',
      'a clock that ran a year ahead leaves no cooldown and no full quota',
      brokenStore((store, clock) => {
        const sent = new Map<string, number>();
        return {
          issue: async (s, code, limits) => {
            const retryAt = (sent.get(s) ?? 0) + limits.cooldownMs;
            if (limits.cooldownMs > 0 && retryAt > clock()) return { issued: false, reason: 'cooldown', retryAt };
            const result = await store.issue(s, code, limits);
            if (result.issued) sent.set(s, clock());
            return result;
          },
        };
      }),
    ],
    [
      'that keeps a lock for a year',
      'a clock that ran a year ahead leaves no lock',
      brokenStore((store, clock) => {
        const locks = new Map<string, number>();
        return {
          attempt: async (s, limits) => {
            const retryAt = locks.get(s) ?? 0;
            if (retryAt > clock()) return { locked: true, retryAt };
            const result = await store.attempt(s, limits);
            if (!result.locked && result.locksUntil !== undefined) locks.set(s, result.locksUntil);
            return result;
          },
        };
      }),
    ],
    [
      'that lets a code live for a year',
      'a clock that ran a year ahead leaves no code that lives for a year',
      brokenStore((store) => ({
        issue: (s, code, limits) => store.issue(s, code, limits),
        attempt: async (s, limits) => {
          const result = await store.attempt(s, limits);
          return result.locked ? result : { ...result, digest: 'x' };
        },
      })),
    ],
    [
      'that keeps a claim for a year',
      'a clock that ran a year ahead leaves no claim and no full bucket',
      brokenStore((store, clock) => {
        const claims = new Map<string, number>();
        return {
          claim: async (key, expiresAt) => {
            if ((claims.get(key) ?? 0) > clock()) return false;
            claims.set(key, expiresAt);
            return true;
          },
        };
      }),
    ],
    [
      'that takes every long claim for a mistake',
      'a claim for longer than a day stands all its time',
      brokenStore((store, clock) => ({ claim: (key, expiresAt) => store.claim(key, Math.min(expiresAt, clock() + 86_400_000)) })),
    ],
    [
      'whose steps can be used again when the clock was wrong',
      'a clock that ran a year ahead still refuses the steps that were used then',
      brokenStore((store, clock) => {
        const usedAt = new Map<string, number>();
        return {
          advance: async (s, mark) => {
            if ((usedAt.get(s) ?? 0) > clock() + 86_400_000) await store.forget(s);
            usedAt.set(s, clock());
            return store.advance(s, mark);
          },
        };
      }),
    ],
    [
      'whose guesses are not counted in one step',
      'guess gives the digest five times per code, of 50 parallel callers too, and again for the next code',
      brokenStore((store) => ({
        guess: async (s, maxAttempts) => (await store.guess?.(s, maxAttempts)) ?? store.guess?.(s, 1e6),
      })),
    ],
    [
      'whose guesses make rows',
      'prune finds nothing of guesses at what has no live code',
      brokenStore((store) => ({
        guess: async (s, maxAttempts) => {
          await store.attempt(s, { maxAttempts: 1e6, maxFailures: 1e6, lockMs: 1, maxLockMs: 1 });
          return store.guess?.(s, maxAttempts);
        },
      })),
    ],
    [
      'whose guesses lock, as attempts do',
      'guess counts together with attempts, and neither adds failures nor heeds a lock',
      brokenStore((store) => ({
        guess: async (s, maxAttempts) => {
          const attempt = await store.attempt(s, { maxAttempts, maxFailures: 10, lockMs: 900_000, maxLockMs: 900_000 });
          return attempt.locked ? undefined : attempt.digest;
        },
      })),
    ],
    [
      'whose guesses outlive the code',
      'guess gives nothing where no code was issued, or it has expired, or was spent or revoked',
      brokenStore((store) => {
        const digests = new Map<string, string>();
        return {
          guess: async (s, maxAttempts) => {
            const digest = (await store.guess?.(s, maxAttempts)) ?? digests.get(s);
            if (digest !== undefined) digests.set(s, digest);
            return digest;
          },
        };
      }),
    ],
    [
      'that revokes too much',
      'revoke kills that code and no other, and leaves what was counted',
      brokenStore((store) => ({ revoke: (s) => store.forget(s) })),
    ],
  ];

  it.each(table)('fails one %s, by the case meant for it', async (_what, meant, options) => {
    expect(await failures(options)).toContain(meant);
  });

  it('fails a store that only random histories find out, with the shortest history', async () => {
    const options = brokenStore((store) => ({
      // Pardons also what was tried at the live code.
      pardon: async (s) => void (await store.advance(s, 0)),
    }));
    expect(await failures(options)).toContain('random histories agree with the model');
  });
});

/** An outage that nothing ends. */
function neverEnding(): () => Promise<() => Promise<void>> {
  return async () => async () => {
    throw new Error('still down');
  };
}
