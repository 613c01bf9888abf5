import { FactorError } from '../error/factor-error.js';
import { emitter } from '../events/event-dispatcher.js';
import type { FactorUser } from '../factor/context.js';
import { type AdminRequest, assertAdministrator } from '../parse/admin-request.js';
import { answering } from '../parse/parse-errors.js';
import { listUsers } from '../parse/parse-user.js';
import { asObject } from '../validation/json-object.js';
import { integerOption } from '../validation/options.js';
import type { FactorRuntime } from './runtime.js';

/** The parameters of a Cloud function that works on a batch of users. */
interface BatchParams {
  /** The id of the user after whom this batch begins; the first by default. */
  readonly after: string;
  /** How many users are looked at, 1 to 1000; 100 by default. */
  readonly limit: number;
  /** Whether anything is written; false by default. */
  readonly apply: boolean;
}

/** How far a batch of users has come. */
export interface BatchReport {
  /** How many users were looked at. */
  readonly seen: number;
  /** Where the next batch begins; left out after the last one. */
  readonly next?: string;
}

const DEFAULT_LIMIT = 100;
const LIMIT = integerOption(1, 1000);

/**
 * Has an administrator's work done on one batch of users, in the order of their ids.
 *
 * @param work gets the users, and whether anything may be written; gives what the report says of them
 * @throws Parse.Error `session_required` without the master key that may write, `invalid_input` for other parameters
 */
export function forBatch<Result extends object>(
  runtime: FactorRuntime,
  request: AdminRequest,
  work: (users: readonly FactorUser[], apply: boolean) => Promise<Result>,
): Promise<Result & BatchReport> {
  return answering(emitter('', runtime, request, undefined), async () => {
    assertAdministrator(request);
    const { after, limit, apply } = readParams(request.params);
    const users = await listUsers(request.config, after, limit);
    const result = await work(users, apply);
    const last = users.at(-1)?.id;
    return { ...result, seen: users.length, ...(users.length === limit && last !== undefined && { next: last }) };
  });
}

function readParams(params: unknown): BatchParams {
  const { after = '', limit = DEFAULT_LIMIT, apply = false, ...others } = asObject(params) ?? {};
  const isId = typeof after === 'string' && after.length <= 256;
  if (Object.keys(others).length > 0 || !isId || !LIMIT.isValid(limit) || typeof apply !== 'boolean') {
    throw new FactorError('invalid_input', { sentence: `Expected any of: after, limit (${LIMIT.accepts}), apply.` });
  }
  return { after, limit: Number(limit), apply };
}
