import { storeSuite } from '@parse-factors/testing';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import { PostgresOtpStore } from '../../docs/examples/postgres-otp-store.js';

const pool = new Pool({ connectionString: `${inject('postgres')}/postgres` });
beforeAll(() => new PostgresOtpStore(pool).setUp());
afterAll(() => pool.end());

describe('PostgresOtpStore', () => storeSuite({ describe, it }, { open: (clock) => new PostgresOtpStore(pool, { clock }) }));
