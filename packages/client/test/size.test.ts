import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bundle } from '@parse-factors/test-server/bundle';

const MAX_BYTES = 5000;
const external = ['parse', '@simplewebauthn/browser'];

it('is smaller than 5 kB with all that it has, minified and compressed, without its peers', async () => {
  const source = `export * from './packages/client/src/index.js'; export * from './packages/client/src/passkey.js';`;
  const size = gzipSync(await bundle({ source, external }), { level: 9 }).length;
  process.stdout.write(`the client with passkeys: ${size} bytes gzipped\n`);
  expect(size).toBeGreaterThan(1000);
  expect(size).toBeLessThan(MAX_BYTES);
});

it('asks for the passkey peer only where passkeys are imported', async () => {
  const source = `export * from './packages/client/src/index.js';`;
  expect(await bundle({ source, external })).not.toMatch(/\bfrom\s*["']|import\s*\(|require\(/);
});
