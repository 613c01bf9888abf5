import { storeSuite } from '@parse-factors/testing';
import { onPostgres } from '@parse-factors/test-server/database/test-database';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import { PostgresOtpStore } from '../../docs/examples/postgres-otp-store.js';

describe.runIf(onPostgres)('PostgresOtpStore', () => {
  const pool = new Pool({ connectionString: `${inject('database')}/postgres` });
  beforeAll(() => new PostgresOtpStore(pool).setUp());
  afterAll(() => pool.end());
  storeSuite({ describe, it }, { open: (clock) => new PostgresOtpStore(pool, { clock }) });
});
