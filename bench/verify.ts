import { createHmac, randomBytes } from 'node:crypto';
import { verifyTotp } from '@parse-factors/totp';
import { median, type Result } from './measure.js';

const CALLS = 2000;
const ROUNDS = 41;

/** Compares the check of one TOTP code with three bare HMACs, the minimum for a window of one step before and after. */
export function benchVerify(): Result[] {
  const secret = randomBytes(20);
  const counter = Buffer.alloc(8);
  const bareHmac = (step: number): Buffer => {
    counter.writeBigUInt64BE(BigInt(step));
    return createHmac('sha1', secret).update(counter).digest();
  };
  const time = (work: (index: number) => void): number => {
    const start = performance.now();
    for (let index = 0; index < CALLS; index += 1) work(index);
    return performance.now() - start;
  };
  const parameters = { secret, algorithm: 'SHA1', digits: 6, stepSeconds: 30 } as const;
  const ratios = Array.from({ length: ROUNDS }, () => {
    const bare = time((index) => [bareHmac(index), bareHmac(index + 1), bareHmac(index + 2)]);
    const ours = time((index) => verifyTotp(parameters, '123456', index * 30_000, 1));
    return ours / bare;
  });
  return [{ name: 'verifying one TOTP code / three bare HMACs', ratio: median(ratios), bound: 1.5 }];
}
