import { MemoryOtpStore } from '@parse-factors/core';
import { describe, it } from 'vitest';
import { storeSuite } from '../src/index.js';

describe('MemoryOtpStore', () => storeSuite({ describe, it }, { open: (clock) => new MemoryOtpStore({ clock }) }));
