import { packageProject } from '../../tools/vitest.js';

export default packageProject('fields');
