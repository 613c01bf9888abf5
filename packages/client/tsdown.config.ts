import { packageConfig } from '../../tools/tsdown.ts';

export default { ...packageConfig('index', 'passkey'), platform: 'neutral' as const, fixedExtension: true, target: 'es2020' };
