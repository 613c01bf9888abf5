import { serverProject } from '../packages/test-server/src/vitest.js';

export default serverProject('e2e');
