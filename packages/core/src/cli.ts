#!/usr/bin/env node
import { generateKey } from './keyring.js';

const USAGE = `parse-factors keygen [name]

Prints a new key for the option "keys", such as 2026-11:<base64 of 32 random bytes>.
The name is the current month when left out. Put a new key in front of the older ones,
separated by a comma: the older ones go on opening what they sealed.`;

const [command, name = new Date().toISOString().slice(0, 7), ...others] = process.argv.slice(2);
if (command === 'keygen' && others.length === 0 && /^[A-Za-z0-9_-]{1,32}$/.test(name)) {
  process.stdout.write(`${generateKey(name)}\n`);
} else {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = command === undefined || command === '--help' ? 0 : 2;
}
