import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findNonce, sha256 } from '../src/find-nonce.js';
import { solveProofOfWork } from '../src/proof-of-work.js';

const CHALLENGE = `1.12.mi1c2d3e.AAAAAAAAAAAAAAAAAAAAAA.2026-11.${'x'.repeat(43)}`;
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
const hasBits = (text: string, bits: number): boolean => digestOf(text).readUInt32BE() >>> (32 - bits) === 0;

describe('the search for a number', () => {
  it('has the constants of the standard', () => {
    const { rounds, start } = sha256();
    expect([rounds.getUint32(0), rounds.getUint32(252), start.getUint32(0), start.getUint32(28)]).toEqual([
      0x42_8a_2f_98, 0xc6_71_78_f2, 0x6a_09_e6_67, 0x5b_e0_cd_19,
    ]);
  });

  // Around the ends of blocks, where the length moves into another one.
  it.each([0, 1, 53, 54, 55, 56, 62, 63, 64, 65, 89, 118, 119, 120, 127, 128, 190])(
    'finds the first one for a text of %i characters',
    (length) => {
      const text = 'x'.repeat(length);
      let first = 0;
      while (!hasBits(text + String(first), 8)) first += 1;
      expect(findNonce(sha256(), text, 8, [0, 10_000])).toBe(first);
      expect(findNonce(sha256(), text, 8, [0, first])).toBe(-1);
      expect(findNonce(sha256(), text, 8, [first, 1])).toBe(first);
    },
  );

  it('counts single bits', () => {
    for (let bits = 1; bits <= 14; bits += 1) {
      const nonce = findNonce(sha256(), CHALLENGE, bits, [0, 1e6]);
      expect(hasBits(CHALLENGE + String(nonce), bits)).toBe(true);
    }
  });
});

describe('a proof of work', () => {
  it('is the challenge with the number', async () => {
    const proof = await solveProofOfWork({ challenge: CHALLENGE, bits: '12' });
    expect(proof.startsWith(`${CHALLENGE}.`)).toBe(true);
    expect(hasBits(proof, 12)).toBe(true);
  });

  it('leaves the thread to others meanwhile, and can be stopped', async () => {
    const controller = new AbortController();
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
      if (turns === 3) controller.abort(new Error('enough'));
    });
    const work = solveProofOfWork({ challenge: CHALLENGE, bits: '32' }, { signal: controller.signal });
    await expect(work).rejects.toThrow('enough');
    clearInterval(timer);
    expect(turns).toBe(3);
  });

  it.each([
    { challenge: CHALLENGE, bits: 'undefined' },
    { challenge: CHALLENGE, bits: '0' },
    { challenge: CHALLENGE, bits: '33' },
    { challenge: CHALLENGE, bits: '1.5' },
    { challenge: CHALLENGE, bits: '' },
    { challenge: '', bits: '1' },
    { challenge: 'two words', bits: '1' },
  ])('is not searched for in %j, which is no challenge', async (work) => {
    await expect(solveProofOfWork(work, { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({ slug: 'unavailable' });
  });

  it('does not begin once it is stopped', async () => {
    const signal = AbortSignal.abort(new Error('before'));
    await expect(solveProofOfWork({ challenge: CHALLENGE, bits: '32' }, { signal })).rejects.toThrow('before');
  });
});
