import { randomBytes } from 'node:crypto';
import { FactorError } from '@parse-factors/core';
import { withoutRecoveryCode } from '@parse-factors/recovery-codes';
import { describe, expect, it } from 'vitest';
import { isRecoveryToken, newRecovery } from '../src/recovery-tokens.js';

describe('recovery codes', () => {
  it('are two of 30 letters and digits, and what is kept takes each of them and no other', () => {
    const { kept, reply } = newRecovery(randomBytes);
    const codes = String(reply['recovery']).split(', ');
    expect(codes).toHaveLength(2);
    expect(codes.every(isRecoveryToken)).toBe(true);
    for (const code of codes) expect(withoutRecoveryCode(kept.digests, kept.key, code)).toHaveLength(1);
    expect(withoutRecoveryCode(kept.digests, kept.key, 'A'.repeat(30))).toBeUndefined();
    expect(JSON.stringify(kept)).not.toContain(codes[0]);
  });

  it('use every character of the alphabet, and no other', () => {
    let next = 0;
    const everyByte = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => next++ % 256);
    const counts = new Map<string, number>();
    for (let round = 0; round < 1024; round += 1) {
      for (const character of String(newRecovery(everyByte).reply['recovery']).replace(', ', ''))
        counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect(counts.size).toBe(62);
  });

  it('are none where the random source gives nothing of use', () => {
    expect(() => newRecovery((size) => new Uint8Array(size).fill(255))).toThrow(FactorError);
  });
});
