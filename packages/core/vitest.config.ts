import { serverProject } from '../test-server/src/vitest.js';

export default serverProject('core');
