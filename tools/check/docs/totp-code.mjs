import { createHmac } from 'node:crypto';

// A code of RFC 6238 for a secret in Base32: the current one, then the next, which the server takes as well. Each is good
// once, and an older one may be too old by the time that it arrives: there is no third.
const [, , secret = '', times = '1'] = process.argv;
const bits = [...secret]
  .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
  .join('');
const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
const counter = Buffer.alloc(8);
counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + Number(times) - 1));
const digest = createHmac('sha1', key).update(counter).digest();
const number = digest.readUInt32BE((digest.at(-1) ?? 0) & 15) & 0x7fffffff;
process.stdout.write(String(number % 1_000_000).padStart(6, '0'));
