import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Kills a process and waits for its end. It may have ended already. */
export async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
