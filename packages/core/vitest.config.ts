import { serverProject } from '../../tools/vitest.js';

export default serverProject('core');
