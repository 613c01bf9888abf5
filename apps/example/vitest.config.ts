import { packageProject } from '../../tools/vitest.js';

export default packageProject('example', './test/web-app.ts');
