import { packageConfig } from '../../tools/tsdown.ts';

export default { ...packageConfig('index', 'passkey'), platform: 'neutral' as const, target: 'es2020' };
