import { storedAmong } from '../../account/factor-roles.js';
import type { AccountState, ServerRequest } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { subjectOf } from '../../crypto/subject.js';
import { FactorError } from '../../error/factor-error.js';
import type { AddressProof, CodeTarget } from '../../factor/address-proof.js';
import { identityOf } from '../../factor/primary-sign-in.js';
import { asObject } from '../../validation/json-object.js';
import { type FieldRule, readFields } from '../../validation/payload.js';

/** What a request for a new password names: a factor that sends the code, and a user. */
export interface ResetRequest extends ServerRequest {
  readonly runtime: Runtime;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Where the code for a new password goes, and whose password it sets. */
export interface ResetTarget {
  /** The key of the factor that sends the code. */
  readonly key: string;
  readonly proof: AddressProof<object>;
  /** What the code is bound to. */
  readonly code: CodeTarget;
  /** The user; undefined if no user has the address or the name. */
  readonly account: AccountState | undefined;
  /** Whether the client has named the address, and may see it in the reply. */
  readonly isNamed: boolean;
}

/** The fields that name a user. Exactly one of them is sent. */
const USERNAME = 'username';
const TEXT: FieldRule = { maxLength: 320, pattern: /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, accepts: 'a text of 1 to 320 characters' };

/** Whether a parameter names the user. */
export const namesResetUser = (name: string, { field }: AddressProof<object>): boolean => name === field || name === USERNAME;

/**
 * Returns the factor that a request for a new password names.
 *
 * @throws FactorError `invalid_input`
 */
export function resetFactor({ params, runtime }: Pick<ResetRequest, 'params' | 'runtime'>): {
  readonly key: string;
  readonly proof: AddressProof<object>;
} {
  const key = params['factor'];
  const proof = typeof key === 'string' && runtime.passwordReset.includes(key) ? runtime.factors[key]?.addressProof : undefined;
  if (typeof key === 'string' && proof !== undefined) return { key, proof };
  const accepts = runtime.passwordReset.map((each) => JSON.stringify(each)).join(' or ');
  throw new FactorError('invalid_input', { sentence: `Field "factor" must be ${accepts}.` });
}

/**
 * Finds the user of a request for a new password: by the address of a primary factor, by their verified `email`, or by their
 * user name. The same statements run whether a user is found or not (user enumeration, CWE-204).
 *
 * A user name is accepted only where codes go to email addresses. A name that no user has gets an address that cannot exist.
 *
 * @throws FactorError `invalid_input`, `address_refused`
 */
export async function findResetTarget(request: ResetRequest): Promise<ResetTarget> {
  const { runtime, params, server } = request;
  const { key, proof } = resetFactor(request);
  const isNamed = !(Object.hasOwn(params, USERNAME) && proof.field === 'email');
  const name = isNamed ? proof.field : USERNAME;
  const sent = readFields({ [name]: params[name] }, { [name]: TEXT })[name] ?? '';
  const found = isNamed ? await byAddress(request, key, proof, sent) : await byName(request, key, proof, sent);
  const digest = runtime.keyring.stableDigest('address', found.address);
  const subject = subjectOf('password-reset', server.appId, key, digest);
  return {
    key,
    proof,
    isNamed,
    account: found.account,
    code: { subject, purpose: 'password-reset', address: found.address, user: undefined },
  };
}

interface Found {
  readonly address: string;
  readonly account: AccountState | undefined;
}

async function byAddress(
  { server, runtime }: ResetRequest,
  key: string,
  proof: AddressProof<object>,
  sent: string,
): Promise<Found> {
  const address = proof.normalise(sent);
  const isPrimary = identityOf(runtime.factors[key]) !== undefined;
  const linked = isPrimary ? await server.accounts.findLinked(key, address) : undefined;
  const byEmail = proof.field === 'email' ? await server.accounts.findByEmail(address) : [];
  const [confirmed] = byEmail.filter(({ user }) => proof.confirmed(user) === address);
  return { address, account: linked ?? confirmed };
}

async function byName(
  { server, runtime }: ResetRequest,
  key: string,
  proof: AddressProof<object>,
  username: string,
): Promise<Found> {
  const [account] = await server.accounts.findBy({ username }, 1);
  const address = account === undefined ? undefined : addressOf(account, key, proof, runtime);
  if (address !== undefined) return { address, account };
  const nowhere = runtime.keyring.stableDigest('no address', username).slice(0, 40);
  return { address: `${nowhere}@unknown.invalid`.toLowerCase(), account: undefined };
}

/** The address of a user that receives codes of the factor: the id of a primary factor, or the verified one. */
function addressOf(
  { user, stored }: AccountState,
  key: string,
  proof: AddressProof<object>,
  { factors }: Runtime,
): string | undefined {
  const linked = identityOf(factors[key]) !== undefined && storedAmong(stored, [key]).length > 0;
  const id = linked ? asObject(stored[key])?.['id'] : undefined;
  return typeof id === 'string' ? id : proof.confirmed(user);
}
