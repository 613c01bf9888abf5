import { spawnSync } from 'node:child_process';
import { chromium, type Browser } from 'playwright-core';

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Whether tests can have a browser. */
export function hasChromium(): boolean {
  const found = spawnSync(executablePath, ['--version']).status === 0;
  if (!found) process.stdout.write('skipped: there is no chromium (apt-get install chromium, or CHROMIUM_PATH)\n');
  return found;
}

/** Starts the browser of this machine. */
export const launchChromium = (): Promise<Browser> => chromium.launch({ executablePath, args: ['--no-sandbox'] });
