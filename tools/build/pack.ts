import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pack } from './tarballs.js';

/** Packs all packages that npm publishes into the folder that is named: `pack.ts tarballs`. */

const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('name the folder that the tarballs go to');
for (const { filename } of pack(fileURLToPath(new URL('../..', import.meta.url)), resolve(target)))
  process.stdout.write(`${filename}\n`);
