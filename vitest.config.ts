import { defineConfig } from 'vitest/config';
import { LongestFirst } from './packages/test-server/src/longest-first.js';
import projects from './vitest.workspace.js';

export default defineConfig({
  test: {
    projects,
    sequence: { sequencer: LongestFirst },
    maxWorkers: 2, // a server and its database keep two cores busy
    // Parse Server announces its future defaults at every start.
    onConsoleLog: (log) => !log.includes('DeprecationWarning'),
  },
});
