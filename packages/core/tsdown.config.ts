import { packageConfig } from '../../tools/build/tsdown.ts';

export default packageConfig('index', 'cli');
