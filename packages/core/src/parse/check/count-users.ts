import { countEnrolled, type CountOptions, type EnrolledUsers } from '../../flows/administration/count-enrolled.js';
import type { ParseAuthAdapter } from '../auth-adapter.js';
import type { Bridge } from '../bridge.js';
import { ParseAccounts } from '../server/accounts.js';
import { runningServer } from '../server/running-server.js';

/** Counts the users of each factor on the running server; undefined while it is not up. */
export async function countUsers(
  { runtime }: Bridge,
  auth: Readonly<Record<string, ParseAuthAdapter>>,
  options?: CountOptions,
): Promise<EnrolledUsers | undefined> {
  const server = runningServer(auth);
  return server === undefined ? undefined : countEnrolled(runtime, new ParseAccounts(server), options);
}
