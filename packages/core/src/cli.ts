#!/usr/bin/env node
import { runBatchCommand } from './commands/batch-command.js';
import { DASHBOARD_USAGE, printDashboardConfig } from './commands/dashboard-command.js';
import { DOCTOR_USAGE, runDoctor } from './commands/doctor-command.js';
import { resealCommand } from './commands/reseal-command.js';
import { generateKey } from './crypto/keyring.js';

const USAGE = `parse-factors keygen [name]

Prints a new key for the option "keys", such as 2026-11:<base64 of 32 random bytes>.
The name defaults to the current month. Put the new key before the older keys, separated
by a comma. Keep the older keys: the records that they sealed still need them.

${DASHBOARD_USAGE}

${resealCommand.usage}

${DOCTOR_USAGE}`;

const [command, ...given] = process.argv.slice(2);
const [name = new Date().toISOString().slice(0, 7), ...others] = given;

if (command === 'keygen' && others.length === 0 && /^[A-Za-z0-9_-]{1,32}$/.test(name)) {
  process.stdout.write(`${generateKey(name)}\n`);
} else if (command === 'reseal') {
  void runBatchCommand(resealCommand, given);
} else if (command === 'doctor') {
  void runDoctor(given);
} else if (command === 'dashboard-config' && given.length === 0) {
  printDashboardConfig(
    (text) => process.stdout.write(text),
    (text) => process.stderr.write(text),
  );
} else {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = command === undefined || command === '--help' ? 0 : 2;
}
