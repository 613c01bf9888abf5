import type { AccountState, ServerRequest } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { subjectOf } from '../../crypto/subject.js';
import { FactorError } from '../../error/factor-error.js';
import type { AddressProof, CodeTarget } from '../../factor/address-proof.js';
import { identityOf } from '../../factor/primary-sign-in.js';
import { type FieldRule, readFields } from '../../validation/payload.js';
import { UserFactor } from '../user-factor.js';

/** What a request for a new password names: a factor that sends the code, and a user. */
export interface ResetRequest extends ServerRequest {
  readonly runtime: Runtime;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A factor whose codes reset passwords. */
export interface ResetFactor {
  readonly key: string;
  readonly proof: AddressProof<object>;
}

/** The user that a request names. */
export interface NamedUser extends ResetFactor {
  readonly by: 'address' | 'username';
  /** The normalised address, or the user name as it was sent. */
  readonly name: string;
}

/** Where the code for a new password goes, and whose password it sets. */
export interface ResetTarget {
  /** What the code is bound to. */
  readonly code: CodeTarget;
  /** The user; undefined if no user has the address or the name. */
  readonly account: AccountState | undefined;
}

const USERNAME = 'username';
const TEXT: FieldRule = {
  maxLength: 320,
  pattern: /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u,
  accepts: 'a string of 1 to 320 characters',
};

/** Whether a parameter names the user. */
export const namesResetUser = (name: string, { field }: AddressProof<object>): boolean => name === field || name === USERNAME;

/**
 * Returns the factor that a request for a new password names.
 *
 * @throws FactorError `invalid_input`
 */
export function resetFactor({ params, runtime }: Pick<ResetRequest, 'params' | 'runtime'>): ResetFactor {
  const key = params['factor'];
  const proof = typeof key === 'string' && runtime.passwordReset.includes(key) ? runtime.factors[key]?.addressProof : undefined;
  if (typeof key === 'string' && proof !== undefined) return { key, proof };
  const accepts = runtime.passwordReset.map((each) => JSON.stringify(each)).join(' or ');
  throw new FactorError('invalid_input', { sentence: `Field "factor" must be ${accepts}.` });
}

/**
 * Reads which user a request names. A user name is accepted only where codes go to email addresses.
 *
 * @throws FactorError `invalid_input`, `address_refused`
 */
export function readNamedUser(request: ResetRequest): NamedUser {
  const { params } = request;
  const { key, proof } = resetFactor(request);
  const by = Object.hasOwn(params, USERNAME) && proof.field === 'email' ? USERNAME : 'address';
  const field = by === USERNAME ? USERNAME : proof.field;
  const sent = readFields({ [field]: params[field] }, { [field]: TEXT })[field] ?? '';
  return { key, proof, by, name: by === USERNAME ? sent : proof.normalise(sent) };
}

/**
 * Finds a user: by the address of a primary factor, by their verified `email`, or by their user name. The same statements run
 * whether a user is found or not (user enumeration, CWE-204).
 *
 * A name that no user has gets an address that cannot exist.
 */
export async function findResetTarget(request: ResetRequest, named: NamedUser): Promise<ResetTarget> {
  const { runtime, server } = request;
  const { key } = named;
  const { address, account } = named.by === 'address' ? await byAddress(request, named) : await byName(request, named);
  const digest = runtime.keyring.stableDigest('address', address);
  const subject = subjectOf('password-reset', server.appId, key, digest);
  return { account, code: { subject, purpose: 'password-reset', address, user: undefined } };
}

/** Whether codes for the user still go to that address. */
export const isStillAt = (request: ResetRequest, named: NamedUser, { code }: ResetTarget, now: AccountState): boolean =>
  addressesOf(request, named, now).includes(code.address);

interface Found {
  readonly address: string;
  readonly account: AccountState | undefined;
}

async function byAddress(request: ResetRequest, named: NamedUser): Promise<Found> {
  const { accounts } = request.server;
  const { key, proof, name: address } = named;
  const isPrimary = identityOf(request.runtime.factors[key]) !== undefined;
  const linked = isPrimary ? await accounts.findLinked(key, address) : undefined;
  const byEmail = proof.field === 'email' ? await accounts.findByVerifiedEmail(address) : [];
  const candidates = [linked, ...byEmail].filter((account) => account !== undefined);
  return { address, account: candidates.find((account) => addressesOf(request, named, account).includes(address)) };
}

async function byName(request: ResetRequest, named: NamedUser): Promise<Found> {
  const [account] = await request.server.accounts.findBy({ username: named.name }, 1);
  const [address] = account === undefined ? [] : addressesOf(request, named, account);
  if (address !== undefined) return { address, account };
  const nowhere = request.runtime.keyring.stableDigest('no address', named.name).slice(0, 40);
  return { address: `${nowhere}@unknown.invalid`.toLowerCase(), account: undefined };
}

/**
 * The addresses of a user that codes of the factor go to: that of a linked primary factor, and a verified `email`. A record that
 * does not open, or an address that the factor does not accept, gives none.
 */
function addressesOf(request: ResetRequest, { key, proof }: ResetFactor, account: AccountState): string[] {
  const { runtime, server } = request;
  const isPrimary = identityOf(runtime.factors[key]) !== undefined;
  const own = new UserFactor<object>(key, runtime, request, account);
  const linked = isPrimary ? unlessFaulty(() => own.findEnrolment()?.enrolment) : undefined;
  const confirmed = server.accounts.verifiesEmails ? unlessFaulty(() => proof.confirmed(account.user)) : undefined;
  return [linked && proof.addressOf(linked), confirmed].filter((address) => address !== undefined);
}

function unlessFaulty<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
