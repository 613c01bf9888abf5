import { packageConfig } from '../../tools/tsdown.ts';

export default packageConfig('index');
