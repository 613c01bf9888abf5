import { randomUUID } from 'node:crypto';
import { describe } from 'vitest';
import { MemoryOtpStore } from '../src/index.js';
import { storeCases } from './store-cases.js';

describe('MemoryOtpStore', () => {
  const time = { now: Date.UTC(2026, 0, 1) };
  const store = new MemoryOtpStore({ clock: () => time.now });
  storeCases(() => ({ store, time, subject: () => randomUUID() }));
});
