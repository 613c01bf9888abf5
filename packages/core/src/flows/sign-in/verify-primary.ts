import type { Composed } from '../../account/factor-roles.js';
import { FactorError } from '../../error/factor-error.js';
import { identityOf, primaryOf, type VerifiedCredential } from '../../factor/primary-sign-in.js';
import { asObject } from '../../validation/json-object.js';
import { namesUser } from '../../validation/payload.js';
import { type AuthRequest, type FactorReply, UNCHANGED } from '../auth-request.js';
import { factorContext } from '../factor-context.js';
import { UserFactor } from '../user-factor.js';
import { countByNetwork } from './network-limits.js';

/**
 * Checks every answer that says who the user is, and uses none up. This comes before anything else is said, so that nobody
 * learns what a user has, or that there is one.
 *
 * @param isLeftOut keys that are not looked at
 * @throws FactorError `code_rejected`, `invalid_input`, `cooldown`; `unavailable` where a stored record does not open
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
    // Clients of a built-in provider may send an id along. No record of its own has one, so it finds no user.
    const isIdentifying = identityOf(factor) !== undefined || (namesUser(payload) && factor.replaces === undefined);
    if (isIdentifying) verified.set(key, await verifyCredential(key, payload, request));
  }
  return verified;
}

/**
 * `POST /challenge` by a factor that says who the user is. What is given here is still good for the login.
 *
 * @param key the factor's key in `auth`
 * @throws FactorError `session_required` for what does not say it
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
 * A look-up sign-in must not carry a second identifying credential: whether that one is used up would reveal whether the
 * fields were right.
 */
function assertOneIdentifier(sent: Readonly<Record<string, unknown>>, { factors }: Composed): void {
  const identifying = Object.keys(factors).filter(
    (key) => (sent[key] ?? undefined) !== undefined && (identityOf(factors[key]) !== undefined || namesUser(sent[key])),
  );
  if (identifying.length > 1 && identifying.some((key) => identityOf(factors[key])?.lookUp !== undefined)) {
    throw new FactorError('invalid_input', { sentence: 'Send exactly one identifying credential.' });
  }
}

/** Checks a credential against what is stored of the user whom Parse Server has found by its id. */
async function verifyCredential(key: string, payload: unknown, request: AuthRequest): Promise<VerifiedCredential> {
  const { runtime, account } = request;
  const primary = primaryOf(runtime.factors[key]);
  if (primary === undefined) throw new FactorError('invalid_input', { sentence: 'Field "id" is not expected.' });
  const credential = primary.read(payload);
  const takeBack = await countByNetwork(key, runtime, request);
  const verified = await unlessRejected(async () => {
    if (account === undefined) return primary.verify(factorContext(key, runtime, request), credential, undefined);
    const own = new UserFactor<object>(key, runtime, request, account);
    const { context } = own;
    const id = asObject(own.record)?.['id'];
    const storedId = typeof id === 'string' ? id : undefined;
    return primary.verify(context, credential, { context, enrolment: own.findEnrolment()?.enrolment, storedId });
  }, takeBack);
  // That fields are right is told when all that the login needs was. Until then the count must not tell it either.
  if (primary.lookUp !== undefined) return { id: verified.id, consume: () => verified.consume().then(takeBack) };
  await takeBack();
  return verified;
}

/** Only a wrong answer stays counted: neither one that cannot be read nor a fault. */
async function unlessRejected<Result>(work: () => Promise<Result>, takeBack: () => Promise<void>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FactorError && error.code === 'code_rejected')) await takeBack();
    throw error;
  }
}
