import { packageConfig } from '../../tools/build/tsdown.ts';

export default { ...packageConfig('index', 'passkey'), platform: 'neutral' as const, fixedExtension: true, target: 'es2020' };
