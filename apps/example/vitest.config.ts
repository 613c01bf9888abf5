import { serverProject } from '../../tools/vitest.js';

export default serverProject('example', './test/web-app.ts');
