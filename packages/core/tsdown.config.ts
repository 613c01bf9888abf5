import { packageConfig } from '../../tools/build/tsdown.ts';

export default packageConfig('index', 'cli', 'doors/channel', 'doors/factor', 'doors/store');
