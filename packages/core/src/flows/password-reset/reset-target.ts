import { protectingFactors, storedAmong } from '../../account/factor-roles.js';
import type { AccountState } from '../../account/ports.js';
import { EMAIL_CHANGED } from '../../account/verified-field.js';
import { subjectOf } from '../../crypto/subject.js';
import { FactorError } from '../../error/factor-error.js';
import type { AddressProof, CodeTarget } from '../../factor/address-proof.js';
import { identityOf } from '../../factor/primary-sign-in.js';
import { readFields } from '../../validation/payload.js';
import { type ClientCall, ownedBy, type ProvingFactor, SENT_NAME } from '../request-code.js';
import { UserFactor } from '../user-factor.js';
import { marksEmails, mayBeTaken } from './resets-by-email.js';

/** The user that a request names. */
export interface NamedUser extends ProvingFactor {
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
  /** Whether the address is the user's unverified `email`. Its owner takes the account over. */
  readonly takesOver: boolean;
}

const USERNAME = 'username';

/** Whether a parameter names the user. */
export const namesResetUser = (name: string, { field }: AddressProof<object>): boolean => name === field || name === USERNAME;

/**
 * Returns the factor that a request for a new password names.
 *
 * @throws FactorError `invalid_input`
 */
export function resetFactor({ params, runtime }: Pick<ClientCall, 'params' | 'runtime'>): ProvingFactor {
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
export function readNamedUser(request: ClientCall): NamedUser {
  const { params } = request;
  const { key, proof } = resetFactor(request);
  const by = Object.hasOwn(params, USERNAME) && proof.field === 'email' ? USERNAME : 'address';
  const field = by === USERNAME ? USERNAME : proof.field;
  const sent = readFields({ [field]: params[field] }, { [field]: SENT_NAME })[field] ?? '';
  return { key, proof, by, name: by === USERNAME ? sent : proof.normalise(sent) };
}

/**
 * Finds a user: by the address of a primary factor, by their verified `email`, by their user name, or else by their unverified
 * `email`. The same statements run whether a user is found or not (user enumeration, CWE-204).
 *
 * A name that no user has gets an address that cannot exist.
 */
export async function findResetTarget(request: ClientCall, named: NamedUser): Promise<ResetTarget> {
  const { runtime, server } = request;
  const { key } = named;
  const found = named.by === 'address' ? await byAddress(request, named) : await byName(request, named);
  const { address, account, takesOver = false } = found;
  const digest = runtime.keyring.stableDigest('address', address);
  const subject = subjectOf('password-reset', server.appId, key, digest);
  return { account, takesOver, code: { subject, purpose: 'password-reset', address, user: undefined, ...ownedBy(account) } };
}

/** Whether codes for the user still go to that address, for the same reason. */
export function isStillAt(request: ClientCall, named: NamedUser, { code, takesOver }: ResetTarget, now: AccountState): boolean {
  const isAddress = addressesOf(request, named, now).includes(code.address);
  return takesOver ? !isAddress && mayTakeOver(request, now, code.address) : isAddress;
}

interface Found {
  readonly address: string;
  readonly account: AccountState | undefined;
  readonly takesOver?: boolean;
}

async function byAddress(request: ClientCall, named: NamedUser): Promise<Found> {
  const { accounts } = request.server;
  const { key, proof, name: address } = named;
  const isPrimary = identityOf(request.runtime.factors[key]) !== undefined;
  const linked = isPrimary ? await accounts.findLinked(key, address) : undefined;
  const byEmail =
    proof.field === 'email' && marksEmails(request.runtime, request.server) ? await accounts.findByEmail(address) : [];
  const candidates = [linked, ...byEmail].filter((account) => account !== undefined);
  const proven = candidates.find((account) => addressesOf(request, named, account).includes(address));
  if (proven !== undefined) return { address, account: proven };
  const [only, another] = byEmail;
  const isOnly = only !== undefined && another === undefined && mayTakeOver(request, only, address);
  return { address, account: isOnly ? only : undefined, takesOver: isOnly };
}

/**
 * Whether the owner of an address may take an account over: it is the account's unverified `email`, no factor of the account has
 * proven that mailbox, and it did not become the `email` of an account with factors later; see {@link EMAIL_CHANGED}.
 */
function mayTakeOver(request: ClientCall, account: AccountState, address: string): boolean {
  const { runtime, server } = request;
  const { user, stored } = account;
  const isProven = (key: string): boolean => {
    const { addressProof: proof } = runtime.factors[key] ?? {};
    const { enrolment } = new UserFactor<object>(key, runtime, request, account).enrolment;
    return proof?.field === 'email' && proof.addressesOf(enrolment).some((own) => proof.isSame(own, address));
  };
  const sending = Object.keys(runtime.factors).filter((key) => runtime.factors[key]?.addressProof?.field === 'email');
  const isUnverified = mayBeTaken(runtime, server) && user.get('emailVerified') !== true;
  const isAt = sending.some((key) => emailOf(runtime.factors[key]?.addressProof, user) === address);
  // A record that does not open may be one of that mailbox.
  const isChanged = user.get(EMAIL_CHANGED) === true && protectingFactors(runtime, stored).length > 0;
  return (
    isUnverified && isAt && !isChanged && !storedAmong(stored, sending).some((key) => unlessFaulty(() => isProven(key)) ?? true)
  );
}

const emailOf = (proof: AddressProof<object> | undefined, user: AccountState['user']): string | undefined =>
  unlessFaulty(() => proof?.normalise(String(user.get('email'))));

async function byName(request: ClientCall, named: NamedUser): Promise<Found> {
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
function addressesOf(request: ClientCall, { key, proof }: ProvingFactor, account: AccountState): string[] {
  const { runtime } = request;
  const isPrimary = identityOf(runtime.factors[key]) !== undefined;
  const own = new UserFactor<object>(key, runtime, request, account);
  const linked = isPrimary ? unlessFaulty(() => own.findEnrolment()?.enrolment) : undefined;
  const confirmed = marksEmails(runtime, request.server) ? unlessFaulty(() => proof.confirmed(account.user)) : undefined;
  return [...(linked === undefined ? [] : proof.addressesOf(linked)), confirmed].filter((address) => address !== undefined);
}

function unlessFaulty<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
