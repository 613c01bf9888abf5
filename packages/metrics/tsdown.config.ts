import { packageConfig } from '../../tools/build/tsdown.ts';

export default packageConfig('index', 'open-telemetry', 'prometheus');
