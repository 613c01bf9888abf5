import { packageProject } from './src/vitest.js';

export default packageProject('test-server');
