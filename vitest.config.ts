import { defineConfig } from 'vitest/config';
import projects from './vitest.workspace.js';

export default defineConfig({
  test: {
    projects,
    // Parse Server announces its future defaults at every start.
    onConsoleLog: (log) => !log.includes('DeprecationWarning'),
  },
});
