import type { AccountState, ServerRequest } from '../../account/ports.js';
import { FactorError } from '../../error/factor-error.js';
import { asObject } from '../../validation/json-object.js';
import { integerOption } from '../../validation/options.js';
import type { FieldRule } from '../../validation/payload.js';

/** An administrator's call of a Cloud function. */
export interface AdminCall extends ServerRequest {
  /** The parameters of the Cloud function, not yet checked. */
  readonly params: unknown;
}

/** The rule for a parameter that names a user. */
export const USER_ID: FieldRule = { maxLength: 64, pattern: /^[A-Za-z0-9_-]+$/, accepts: 'the id of a user' };

/** The parameters of a Cloud function that works on a batch of users. */
interface BatchParams {
  /** The `objectId` of the user before this batch; by default the batch begins with the first user. */
  readonly after: string;
  /** How many users the batch has, 1 to 1000; 100 by default. */
  readonly limit: number;
  /** Whether anything is written; false by default. */
  readonly apply: boolean;
}

/** The progress of a batch. */
export interface BatchReport {
  /** How many users the batch had. */
  readonly seen: number;
  /** The id that the next batch begins after; left out after the last batch. */
  readonly next?: string;
}

const DEFAULT_LIMIT = 100;
const LIMIT = integerOption(1, 1000);

/**
 * Runs an administrator's work on one batch of users, in the order of their ids.
 *
 * @param work gets the users, and whether it may write; returns its part of the report
 * @throws FactorError `invalid_input` for other parameters
 */
export async function forBatch<Result extends object>(
  { server, params }: AdminCall,
  work: (users: readonly AccountState[], apply: boolean) => Promise<Result>,
): Promise<Result & BatchReport> {
  const { after, limit, apply } = readParams(params);
  const users = await server.accounts.list(after, limit);
  const result = await work(users, apply);
  const last = users.at(-1)?.id;
  return { ...result, seen: users.length, ...(users.length === limit && last !== undefined && { next: last }) };
}

function readParams(params: unknown): BatchParams {
  const { after = '', limit = DEFAULT_LIMIT, apply = false, ...others } = asObject(params) ?? {};
  const isId = typeof after === 'string' && after.length <= 256 && !/\p{Cc}/u.test(after); // Postgres refuses NUL in a text
  if (Object.keys(others).length > 0 || !isId || !LIMIT.isValid(limit) || typeof apply !== 'boolean') {
    throw new FactorError('invalid_input', {
      sentence: `Expected any of these parameters: after, limit (${LIMIT.accepts}), apply.`,
    });
  }
  return { after, limit: Number(limit), apply };
}
