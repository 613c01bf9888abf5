import type { EnrolmentRecord } from '../../account/records/enrolment-record.js';
import { EnrolmentSealer } from '../../account/records/enrolment-sealer.js';
import { secondFactors, storedAmong } from '../../account/factor-roles.js';
import type { AccountState, Server, ServerRequest } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { bytesFrom } from '../../crypto/random.js';
import { FactorError } from '../../error/factor-error.js';
import type { Factor } from '../../factor/factor.js';
import { identityOf, type IdentitySignIn } from '../../factor/primary-sign-in.js';
import { withTimeout } from '../../time/timeout.js';
import { asObject, sameStrings } from '../../validation/json-object.js';
import { factorContext } from '../factor-context.js';
import { STATUS_ENABLED } from '../status.js';
import { primaryUsers } from './primary-users.js';

const ID_BYTES = 32;
/** The time limit for storing an id, in milliseconds. A batch's transaction may lock the user's row until this request ends. */
const LINK_MS = 3000;

/**
 * Whether a payload must be looked up. An unlinking null, which Parse Server 8 also passes, and a status that an SDK sends
 * back identify no user.
 */
export const isLookUp = (payload: unknown): boolean =>
  (payload ?? undefined) !== undefined && !sameStrings(payload, STATUS_ENABLED);

/**
 * Finds the user that a payload identifies by fields, before Parse Server looks for one: it finds users by ids only.
 *
 * Every payload gets an id, so the reply does not reveal whether a user was found (user enumeration, CWE-204).
 *
 * @returns the fields that replace everything that was sent
 */
export async function lookUpUser(
  key: string,
  runtime: Runtime,
  request: ServerRequest,
  payload: unknown,
): Promise<{ readonly id: string; readonly ticket: string }> {
  const factor = runtime.factors[key];
  const primary = identityOf(factor);
  if (factor === undefined || primary?.lookUp === undefined) throw new FactorError('unavailable');
  const presented = asObject(payload) === undefined ? payload : { ...asObject(payload) };
  const users = primaryUsers(key, runtime, request);
  const { user, ticket } = await primary.lookUp(factorContext(key, runtime, request), presented, users);
  const account = user === undefined ? undefined : await users.accountOf(user);
  const maySignIn = account !== undefined && hasEnough(primary, runtime, account);
  const id = maySignIn
    ? await idOf(key, factor, primary, { runtime, server: request.server, account })
    : bytesFrom(runtime.random, ID_BYTES).toString('base64url');
  return { id, ticket };
}

/** A user without the required second factor is treated as not found. */
const hasEnough = ({ needsSecondFactor }: IdentitySignIn<object>, runtime: Runtime, { stored }: AccountState): boolean =>
  !needsSecondFactor || storedAmong(stored, secondFactors(runtime)).length > 0;

/** Returns the stored id of the user. The first call creates and stores it. */
async function idOf(
  key: string,
  factor: Factor<object>,
  { identity }: IdentitySignIn<object>,
  { runtime, server, account }: { readonly runtime: Runtime; readonly server: Server; readonly account: AccountState },
): Promise<string> {
  const { appId, accounts } = server;
  const records = new EnrolmentSealer(runtime, { appId, userId: account.id, key }, factor);
  let current: unknown;
  const decide = ({ [key]: stored }: AccountState['stored']): Readonly<Record<string, EnrolmentRecord>> => {
    current = stored ?? undefined;
    if (current !== undefined) return {};
    const record = records.seal(identity.enrolmentOf(runtime.keyring.stableDigest('found user', appId, key, account.id)));
    current = record;
    return { [key]: record };
  };
  await withTimeout(LINK_MS, async () => void (await accounts.commit(account, { decide })));
  return identity.idOf(records.open(current).enrolment);
}
