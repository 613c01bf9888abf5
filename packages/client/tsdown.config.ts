import { browserConfig } from '../../tools/build/tsdown.ts';

export default browserConfig('index', 'passkey', 'proof-of-work');
