import { defineConfig } from 'vitest/config';
import projects from './vitest.workspace.js';

export default defineConfig({
  test: {
    projects,
    maxWorkers: 2, // a server and its database keep two cores busy
    // Parse Server announces its future defaults at every start.
    onConsoleLog: (log) => !log.includes('DeprecationWarning'),
  },
});
