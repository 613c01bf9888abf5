import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DEVICE_TOKEN, digestOf, matches, newDeviceId, newSecret, readToken, successorOf } from '../src/device-token.js';

describe("a device's token", () => {
  it('consists of 128 bits that name the device and 256 random bits', () => {
    const sizes: number[] = [];
    const random = (size: number): Uint8Array => {
      sizes.push(size);
      return randomBytes(size);
    };
    const token = `${newDeviceId(random)}.${newSecret(random)}`;
    expect(sizes).toEqual([16, 32]);
    expect(DEVICE_TOKEN.pattern.test(token)).toBe(true);
    const { id, secret } = readToken(token);
    expect(`${id}.${secret}`).toBe(token);
  });

  it('matches the digest of its secret, and no other text', () => {
    const digest = digestOf('one');
    expect(matches(digest, 'one')).toBe(true);
    for (const other of ['two', '', 'one ', digest]) expect(matches(digest, other)).toBe(false);
    expect(matches('', '')).toBe(false);
  });

  it('has a successor that takes both the secret and the nonce, and has the form of any secret', () => {
    const successor = successorOf('secret', 'nonce');
    expect(successorOf('secret', 'nonce')).toBe(successor);
    expect(new Set([successor, successorOf('secret', 'other'), successorOf('other', 'nonce')]).size).toBe(3);
    expect(DEVICE_TOKEN.pattern.test(`${'A'.repeat(22)}.${successor}`)).toBe(true);
  });
});
