import { spawnSync } from 'node:child_process';

/** Whether this machine has `promtool`, of Debian's package `prometheus`. */
export const hasPromtool: boolean = spawnSync('promtool', ['--version']).status === 0;
