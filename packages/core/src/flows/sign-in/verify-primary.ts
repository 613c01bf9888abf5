import type { Composed } from '../../account/factor-roles.js';
import { FactorError } from '../../error/factor-error.js';
import { identityOf, primaryOf, type VerifiedCredential } from '../../factor/primary-sign-in.js';
import { asObject } from '../../validation/json-object.js';
import { namesUser } from '../../validation/payload.js';
import { type AuthRequest, type FactorReply, UNCHANGED } from '../auth-request.js';
import { factorContext } from '../factor-context.js';
import { UserFactor } from '../user-factor.js';
import { countByNetwork, unlessRejected } from './network-limits.js';

/**
 * Verifies all credentials that identify the user, without consuming them. It runs before any other check, so that no reply
 * reveals what a user has set up, or that they exist (user enumeration, CWE-204).
 *
 * @param isLeftOut whether a key is skipped
 * @throws FactorError `code_rejected`, `invalid_input`, `cooldown`; `unavailable` when a stored record does not open
 */
export async function verifyPrimary(
  request: AuthRequest,
  isLeftOut: (key: string) => boolean = () => false,
): Promise<ReadonlyMap<string, VerifiedCredential>> {
  const { runtime, sent } = request;
  assertOneIdentifier(sent.providers, runtime);
  const verified = new Map<string, VerifiedCredential>();
  for (const [key, factor] of Object.entries(runtime.factors)) {
    const payload = sent.providers[key] ?? undefined;
    if (payload === undefined || isLeftOut(key)) continue;
    // Clients of a built-in provider may send an id along. None of our records has one, so the id identifies no user.
    const isIdentifying = identityOf(factor) !== undefined || (namesUser(payload) && factor.replaces === undefined);
    if (isIdentifying) verified.set(key, await verifyCredential(key, payload, request));
  }
  return verified;
}

/**
 * Identifies the user of `POST /challenge` by a factor. The credential stays valid for the login.
 *
 * @param key the factor's key in `auth`
 * @throws FactorError `session_required` for a payload that does not identify a user
 */
export async function identify(key: string, payload: unknown, request: AuthRequest): Promise<FactorReply> {
  const primary = identityOf(request.runtime.factors[key]);
  if (primary === undefined) {
    if (!namesUser(payload)) throw new FactorError('session_required');
  } else {
    if (primary.lookUp !== undefined || request.account === undefined) throw new FactorError('session_required');
    if ((request.account.stored[key] ?? undefined) === undefined) throw new FactorError('not_enrolled');
  }
  await verifyCredential(key, payload, request);
  request.progress.identifiedBy = key;
  return UNCHANGED;
}

/**
 * Refuses a look-up sign-in with a second identifying credential: whether that one is consumed would reveal whether the fields
 * were right.
 */
function assertOneIdentifier(sent: Readonly<Record<string, unknown>>, { factors }: Composed): void {
  const identifying = Object.keys(factors).filter(
    (key) => (sent[key] ?? undefined) !== undefined && (identityOf(factors[key]) !== undefined || namesUser(sent[key])),
  );
  if (identifying.length > 1 && identifying.some((key) => identityOf(factors[key])?.lookUp !== undefined)) {
    throw new FactorError('invalid_input', { sentence: 'Send only one credential that identifies the user.' });
  }
}

/** Verifies a credential against the record of the user that Parse Server has found by its id. */
async function verifyCredential(key: string, payload: unknown, request: AuthRequest): Promise<VerifiedCredential> {
  const { runtime, account } = request;
  const primary = primaryOf(runtime.factors[key]);
  if (primary === undefined) throw new FactorError('invalid_input', { sentence: 'Send this request without the field "id".' });
  const credential = primary.read(payload);
  const release = await countByNetwork(key, runtime, request);
  const verified = await unlessRejected(async () => {
    if (account === undefined) return primary.verify(factorContext(key, runtime, request), credential, undefined);
    const own = new UserFactor<object>(key, runtime, request, account);
    const { context } = own;
    const id = asObject(own.record)?.['id'];
    const storedId = typeof id === 'string' ? id : undefined;
    return primary.verify(context, credential, { context, enrolment: own.findEnrolment()?.enrolment, storedId });
  }, release);
  // The client learns that the fields were right only after all other checks. Until then the count must not reveal it either.
  if (primary.lookUp !== undefined) return { id: verified.id, consume: () => verified.consume().then(release) };
  await release();
  return verified;
}
