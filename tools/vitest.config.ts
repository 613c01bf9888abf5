import { packageProject } from '../packages/test-server/src/vitest.js';

export default packageProject('tools');
