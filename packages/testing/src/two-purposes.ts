import assert from 'node:assert/strict';
import { assertRefused, assertStatus, MINUTE, toLogIn, toProve, type EnrolledUser } from './factor-stage.js';
import type { FakeClock } from './fake-clock.js';

/** Longer than a challenge or a limit of ten minutes lasts; eight rounds fit into limits of ten a day. */
const ROUND_MS = 180 * MINUTE;
const ROUNDS = 6;
/** A factor may allow 20 challenges in ten minutes. */
const ASKS = 19;
/** If so many answers are all different, they come from a set that is too large to wait for a repeated one. */
const ENOUGH = 2 * ASKS;

/**
 * Lets a login and a step-up proof wait for the same answer, and sends it for both: only one of them may succeed. The challenges
 * of a factor are separate for each purpose, so using one up does not use up the other (replay, CWE-294).
 */
export async function assertUsedForOnePurpose(enrolled: EnrolledUser, clock: FakeClock): Promise<void> {
  const { user } = enrolled;
  const seen = new Set<string>();
  let asks = 0;
  for (let round = 0; round < ROUNDS && (asks < ENOUGH || seen.size < asks); round += 1) {
    clock.advance(ROUND_MS);
    const login = await toLogIn(enrolled);
    const wanted = JSON.stringify(login);
    for (let ask = 0; ask < ASKS; ask += 1) {
      const proof = await proofWithinLimits(enrolled);
      if (proof === undefined) break;
      asks += 1;
      seen.add(JSON.stringify(proof));
      if (JSON.stringify(proof) !== wanted) continue;
      assertStatus(await user.save(proof), 200);
      assertRefused(await user.logIn(login));
      return;
    }
    if (round > 0) continue;
    // The answers differ, but both challenges may accept this one, as those of a counter token do.
    const replies = [await user.save(login), await user.logIn(login)];
    const accepted = replies.filter(({ status }) => status === 200);
    assert.equal(accepted.length, 1, `one answer is accepted for ${accepted.length} purposes, not for one`);
  }
}

/** Returns an answer to a new challenge for a proof; undefined if the factor's limits refuse the challenge. */
async function proofWithinLimits(enrolled: EnrolledUser): Promise<unknown> {
  try {
    return await toProve(enrolled);
  } catch (error) {
    if (String(error).includes('cooldown:')) return undefined;
    throw error;
  }
}
