import { changedAddresses } from '../account/change-rules.js';
import { protectingFactors } from '../account/factor-roles.js';
import type { AccountState, FieldValues, ServerRequest, Session, StagedSave } from '../account/ports.js';
import type { Runtime } from '../account/runtime.js';
import type { SentCredentials } from '../account/sent-credentials.js';
import { EMAIL_CHANGED, losesMark, verifiedFieldOf } from '../account/verified-field.js';
import { FactorError } from '../error/factor-error.js';
import { emitter } from '../events/event-dispatcher.js';
import { hasEmailReset, marksEmails, mayBeTaken } from './password-reset/resets-by-email.js';
import type { NotifiedAddress } from '../factor/factor-event.js';

/** A save of a user that Parse Server is about to make. */
export interface AccountSave extends ServerRequest {
  readonly runtime: Runtime;
  /** The id of the user whose row is saved; undefined for a new one. */
  readonly userId: string | undefined;
  readonly session: Session | undefined;
  readonly sent: SentCredentials;
  /** The `email` that is stored before the save. */
  readonly email?: unknown;
}

/** Refuses a client that marks an address as verified. @throws FactorError `invalid_input` */
export function assertNotVerified({ sent, hasMasterKey, runtime }: AccountSave): void {
  // Parse Server itself refuses `emailVerified`. Its own link writes that without the master key.
  const own = [EMAIL_CHANGED, ...Object.keys(runtime.addressVerification).map(verifiedFieldOf)];
  const marked = sent.marks?.find((field) => own.includes(field) && field !== verifiedFieldOf('email'));
  if (marked === undefined || hasMasterKey) return;
  throw new FactorError('invalid_input', { sentence: `Only the server writes the field "${marked}".` });
}

/**
 * Stages what happens with a save of the user's addresses: every address that was known, and the new one, are notified of a
 * change.
 *
 * @returns the marks that the save stores besides: an address that it writes is not verified any more
 */
export function saveAddresses(save: AccountSave, account: AccountState): FieldValues {
  const { runtime, server, sent, hasMasterKey } = save;
  const { addresses = {}, marks = [] } = sent;
  const changed = changedAddresses(sent, account);
  for (const field of changed) {
    const alsoAt = newAddress(save, field, addresses[field]);
    const emit = emitter(alsoAt[0]?.factor ?? '', runtime, save, account);
    server.accounts.stageWith(field, {
      ...sessionSave(save, account),
      after: async () => emit({ type: 'address_changed', reason: field, alsoAt }),
    });
  }
  const isMarked = (field: string): boolean => losesMark(field, runtime, server.accounts.verifiesEmails);
  // An unverified address that stays is marked too: another save may replace it meanwhile, and be verified, before this one is
  // written (time-of-check race, CWE-367). Parse Server leaves the mark of `email` where the request also has `authData`.
  const stays = (field: string): boolean =>
    (hasMasterKey && marks.includes(verifiedFieldOf(field))) ||
    (!changed.includes(field) && account.user.get(verifiedFieldOf(field)) === true);
  const unverified = Object.keys(addresses).filter((field) => isMarked(field) && !stays(field));
  // A verified address was the owner's: the next one may be a thief's.
  const isOwners = protectingFactors(runtime, account.stored).length > 0 || account.user.get('emailVerified') === true;
  const noted = changed.includes('email') && mayNoteEmail(runtime) && isOwners;
  return {
    ...Object.fromEntries(unverified.map((field) => [verifiedFieldOf(field), false])),
    ...(noted && { [EMAIL_CHANGED]: true }),
  };
}

/**
 * Stages the marks of an `email` that a trigger of the application changes after this one, such as one that copies the user name:
 * it is not verified, unless the trigger says so.
 */
export function watchEmail(save: AccountSave, userId: string): void {
  const { runtime, server, sent, email } = save;
  if (!marksEmails(runtime, server)) return;
  const expected = sent.addresses !== undefined && Object.hasOwn(sent.addresses, 'email') ? sent.addresses['email'] : email;
  const fields = { emailVerified: false, ...(mayNoteEmail(runtime) && { [EMAIL_CHANGED]: true }) };
  server.accounts.stageWithOther('email', expected ?? null, { userId, emit: emitter('', runtime, save, userId), fields });
}

/** The new address, if a factor can send to it. */
function newAddress({ runtime }: AccountSave, field: string, sent: string | null | undefined): readonly NotifiedAddress[] {
  const { [field]: factor } = runtime.addressVerification;
  const proof = factor === undefined ? undefined : runtime.factors[factor]?.addressProof;
  if (factor === undefined || proof === undefined || typeof sent !== 'string') return [];
  try {
    return [{ factor, address: proof.normalise(sent) }];
  } catch {
    return []; // Parse Server accepts more than the factor
  }
}

/**
 * Returns what a session's save of a credential or an address depends on: the session has not ended, and no one has taken the
 * account over since it was read. An owner of the `email` marks it as verified with a take-over.
 */
export function sessionSave(save: AccountSave, account: AccountState): StagedSave {
  const { runtime, server, session, hasMasterKey } = save;
  return {
    userId: account.id,
    emit: emitter('', runtime, save, account.id),
    ...(mayBeTakenFrom(save) && { where: { emailVerified: account.user.get('emailVerified') ?? null } }),
    before: async () => {
      if (!hasMasterKey && session !== undefined) await server.sessions.assertAlive(session);
    },
  };
}

/** Whether a code can take an account over now, or once Parse Server verifies emails. */
export const mayNoteEmail = ({ takeOver, passwordReset }: Pick<Runtime, 'takeOver' | 'passwordReset'>): boolean =>
  takeOver && passwordReset.length > 0;

/** Whether a client makes the save, and a code can take its account over. */
export const mayBeTakenFrom = ({ hasMasterKey, runtime, server }: AccountSave): boolean =>
  !hasMasterKey && mayBeTaken(runtime, server) && hasEmailReset(runtime);
