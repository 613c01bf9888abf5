import { packageProject } from '../test-server/src/vitest.js';

export default packageProject('metrics');
