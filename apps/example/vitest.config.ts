import { serverProject } from '../../packages/test-server/src/vitest.js';

export default serverProject('example', './test/web-app.ts');
