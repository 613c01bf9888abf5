import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether this machine has `promtool`, of Debian's package `prometheus`. */
export const hasPromtool: boolean = spawnSync('promtool', ['--version']).status === 0;

/**
 * Runs `promtool check rules` or `promtool test rules` on the first of these files, in a folder with all of them.
 *
 * @param files contents by name; objects are written as JSON, which is YAML
 */
export function promtool(
  verb: 'check' | 'test',
  files: Readonly<Record<string, string | object>>,
): { readonly status: number | null; readonly output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'parse-factors-rules-'));
  try {
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    const [first = ''] = Object.keys(files);
    const { status, stdout, stderr } = spawnSync('promtool', [verb, 'rules', join(folder, first)], { encoding: 'utf8' });
    return { status, output: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
