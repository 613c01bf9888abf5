import type { Composed } from '../../account/factor-roles.js';
import { FactorError } from '../../error/factor-error.js';
import { asObject } from '../../validation/json-object.js';
import { namesUser } from '../../validation/payload.js';
import { type AuthRequest, type FactorReply, UNCHANGED } from '../auth-request.js';
import { factorContext } from '../factor-context.js';
import { UserFactor } from '../user-factor.js';
import { countByNetwork } from './network-limits.js';

/** A right answer that says who the user is, and has not been used up. */
export interface VerifiedPrimary {
  /** By which Parse Server finds the user; undefined for a second factor. */
  readonly id?: string;
  /**
   * Uses the answer up: resolves for exactly one caller.
   *
   * @throws FactorError `code_rejected`
   */
  spend(): Promise<void>;
}

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
): Promise<ReadonlyMap<string, VerifiedPrimary>> {
  const { runtime, sent } = request;
  assertOneIdentifier(sent.providers, runtime);
  const verified = new Map<string, VerifiedPrimary>();
  for (const [key, { signIn, inPlaceOf }] of Object.entries(runtime.factors)) {
    const payload = sent.providers[key] ?? undefined;
    if (payload === undefined || isLeftOut(key)) continue;
    if (signIn !== undefined) verified.set(key, await verifyId(key, payload, request));
    // Clients of a built-in provider may send an id along. No record of its own has one, so it finds no user.
    else if (namesUser(payload) && inPlaceOf === undefined) verified.set(key, await verifyAlone(key, payload, request));
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
  const { signIn } = request.runtime.factors[key] ?? {};
  if (signIn === undefined) {
    if (!namesUser(payload)) throw new FactorError('session_required');
    await verifyAlone(key, payload, request);
  } else {
    if (signIn.find !== undefined || request.account === undefined) throw new FactorError('session_required');
    if ((request.account.stored[key] ?? undefined) === undefined) throw new FactorError('not_enrolled');
    await verifyId(key, payload, request);
  }
  request.progress.identifiedBy = key;
  return UNCHANGED;
}

/**
 * A look-up sign-in must not carry a second identifying credential: whether that one is used up would reveal whether the
 * fields were right.
 */
function assertOneIdentifier(sent: Readonly<Record<string, unknown>>, { factors }: Composed): void {
  const identifying = Object.keys(factors).filter(
    (key) => (sent[key] ?? undefined) !== undefined && (factors[key]?.signIn !== undefined || namesUser(sent[key])),
  );
  if (identifying.length > 1 && identifying.some((key) => factors[key]?.signIn?.find !== undefined)) {
    throw new FactorError('invalid_input', { sentence: 'Send exactly one identifying credential.' });
  }
}

/** Checks an answer of a primary factor against what is stored of the user whom Parse Server has found. */
async function verifyId(key: string, payload: unknown, request: AuthRequest): Promise<VerifiedPrimary> {
  const { runtime, account } = request;
  const { signIn } = runtime.factors[key] ?? {};
  if (signIn === undefined) throw new FactorError('invalid_input');
  signIn.assertReadable?.(payload);
  const takeBack = await countByNetwork(key, runtime, request);
  const verified = await unlessRejected(async () => {
    if (account === undefined) return signIn.check(factorContext(key, runtime, request), payload);
    const own = new UserFactor<object>(key, runtime, request, account);
    return signIn.check(own.context, payload, own.findEnrolment()?.enrolment, String(asObject(own.record)?.['id']));
  }, takeBack);
  // That fields are right is told when all that the login needs was. Until then the count must not tell it either.
  if (signIn.find !== undefined) return { id: verified.id, spend: () => verified.spend().then(takeBack) };
  await takeBack();
  return verified;
}

/** Checks an answer of a second factor that says who the user is. */
async function verifyAlone(key: string, payload: unknown, request: AuthRequest): Promise<VerifiedPrimary> {
  const { runtime, account } = request;
  const { alone } = runtime.factors[key] ?? {};
  if (alone === undefined) throw new FactorError('invalid_input', { sentence: 'Field "id" is not expected.' });
  alone.assertReadable(payload); // whoever the user is
  const takeBack = await countByNetwork(key, runtime, request);
  const verified = await unlessRejected(async () => {
    if (account === undefined) throw new FactorError('code_rejected');
    const own = new UserFactor<object>(key, runtime, request, account);
    const enrolment = own.findEnrolment()?.enrolment;
    if (enrolment === undefined) throw new FactorError('code_rejected');
    return alone.check(own.context, payload, enrolment);
  }, takeBack);
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
