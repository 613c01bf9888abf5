import { packageProject } from '../../tools/vitest.js';

// The unit tests beside the source need no server; the one file of `test` that does starts its own.
export default packageProject('core');
