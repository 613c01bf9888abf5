import {
  addedWayIn,
  changesOfSave,
  changesResetAddress,
  proofsToChange,
  renames,
  type SaveChanges,
} from '../account/change-rules.js';
import { planToRemove } from '../account/records/enrolment-plans.js';
import type { AccountState, FieldValues, NewSession } from '../account/ports.js';
import { changesProviders } from '../account/provider-changes.js';
import type { StoredRecords } from '../account/records/record-plan.js';
import { StepUpProofs } from '../account/step-up-proofs.js';
import { everyStep } from '../error/every-step.js';
import { FactorError } from '../error/factor-error.js';
import { emitter } from '../events/event-dispatcher.js';
import type { AccountRequest } from './auth-request.js';
import { checkPassword } from './check-password.js';
import { afterRemoval, endDependents } from './end-dependents.js';
import { type AccountSave, assertNotVerified, mayBeTakenFrom, saveAddresses, sessionSave, watchEmail } from './save-addresses.js';
import { keepMethods } from './sessions/keep-methods.js';
import { rememberDevice } from './sign-in/remember-device.js';
import { onlyWaysIn } from './recovery/only-ways-in.js';
import { ownerOf, proofAccount, StepUp } from './step-up.js';

/**
 * Checks a save of a user, and stages its changes of factors. They happen together with Parse Server's own write.
 *
 * - Removing a factor needs a step-up proof and uses it up.
 * - Linking or unlinking another provider on an account with a factor needs a step-up proof.
 * - Another user name needs a step-up proof where the user recovers the account by it.
 * - A first password, or another address that links for one go to, needs a step-up proof where a primary factor is linked.
 * - A new password ends the user's step-up proofs and trust in devices. A session that has ended sets none.
 * - A changed address is no longer verified; see {@link saveAddresses}. Only the server marks one as verified.
 * - What the option `passwordCheck` refuses is not set as a password.
 * - What the option `freshProofFor` names needs a step-up proof by a second factor.
 *
 * @returns the fields that Parse Server stores besides, or in place of what was sent
 * @throws FactorError `fresh_proof_required`, `session_required`, `invalid_input`, `password_refused`
 */
export async function saveAccount(save: AccountSave): Promise<FieldValues> {
  const { server, userId, sent, hasMasterKey, session } = save;
  assertNotVerified(save);
  const changesCredentials = Object.keys(sent.providers).length > 0 || sent.hasPassword;
  const changesAddresses = Object.keys(sent.addresses ?? {}).length > 0;
  const mayChangeResets = !hasMasterKey && Object.keys(sent.resetAddresses ?? {}).length > 0;
  const mayRename = !hasMasterKey && sent.username !== undefined;
  const isChecked = changesCredentials || changesAddresses || mayChangeResets || mayRename;
  const account = userId === undefined || !isChecked ? undefined : await server.accounts.get(userId);
  await checkPassword(save, account);
  if (userId === undefined) keepSignUp(save);
  else watchEmail(save, userId);
  if (account === undefined) return {};
  const changed = await stageRemovals(save, account);
  const others = Object.entries(sent.providers).filter(([key]) => !Object.hasOwn(save.runtime.factors, key));
  server.accounts.decideProviders(account, Object.fromEntries(others));
  // Parse Server refuses a request with neither the master key nor a session.
  if (sent.hasPassword && (hasMasterKey || session !== undefined)) stagePassword(save, account);
  if (mayBeTakenFrom(save) && changesProviders(sent.providers, account.stored, save.runtime.factors)) {
    server.accounts.stageWith('authData', sessionSave(save, account));
  }
  return { ...saveAddresses(save, account), ...(changed !== undefined && { authData: changed }) };
}

/** Keeps with the session that a sign-up opens what it was opened with. */
function keepSignUp(save: AccountSave): void {
  const { runtime, server } = save;
  const emit = emitter('', runtime, save, undefined);
  const opened = async ({ account }: NewSession): Promise<void> => {
    const created = await account();
    if (created !== undefined) await rememberDevice(runtime, save, created);
  };
  server.sessions.onOpened('', emit, { set: runtime, keep: keepMethods(runtime, save), opened });
}

const ONLY_WAY_IN = { sentence: 'This is the only way to sign in to the account. Set up another one first.' };

/** Stages removals. They happen with Parse Server's own write, which also uses the step-up proof up. */
async function stageRemovals(save: AccountSave, account: AccountState): Promise<StoredRecords | undefined> {
  const { runtime, server, sent, hasMasterKey } = save;
  const { providers } = sent;
  const isOurs = (key: string): boolean => Object.hasOwn(runtime.factors, key);
  const addsWayIn = !hasMasterKey && (await addsWayInTo(save, account));
  // Providers that the same save unlinks are no ways in any more.
  const rest = Object.fromEntries(Object.entries(account.stored).filter(([key]) => isOurs(key) || providers[key] !== null));
  const mayRemove = !hasMasterKey && Object.keys(providers).some((key) => providers[key] === null && isOurs(key));
  const isRenamed = !hasMasterKey && renames(sent, account);
  const only = !mayRemove && !isRenamed ? [] : await onlyWaysIn(runtime, server, { ...account, stored: rest });
  const changes = changesOfSave(sent, { stored: account.stored, addsWayIn, isRenamed, only }, runtime);
  if (only.length > 0 && only.every((key) => changes.removed.includes(key))) throw new FactorError('invalid_input', ONLY_WAY_IN);
  const demanded = proofsToChange(runtime.freshProofFor, sent, { account, composed: runtime });
  const proofs = [...demanded, ...changes.proofs]; // the last one is used up by a removal
  const proof = hasMasterKey ? undefined : await findProofs(save, account, { ...changes, proofs });
  const nulls = Object.keys(providers).filter((key) => providers[key] === null);
  // Parse Server must not write a removal itself: the factor might have been replaced since it was read.
  const unlinked = nulls.filter((key) => !isOurs(key) && server.accounts.losesAllOnRemoval);
  const [carrier, ...done] = nulls.filter((key) => isOurs(key) || unlinked.includes(key));
  if (carrier === undefined) return undefined;
  const { removed } = changes;
  const at = accountRequest(save, account);
  const staged = server.accounts.stage({
    userId: account.id,
    account,
    bySession: true,
    session: at.session,
    plan: planToRemove(runtime, [...removed, ...unlinked]),
    emit: emitter('', runtime, save, account.id),
    before: async () => {
      if (removed.length === 0 || hasMasterKey) return;
      // Refused before the proof is used up.
      if (at.session !== undefined) await server.sessions.assertAlive(at.session);
      const isSpent = await freshness(save).spend(ownerOf(server.appId, save.session), proof ?? '');
      if (!isSpent) throw new FactorError('fresh_proof_required');
    },
    after: async () => {
      if (removed.length === 0) return;
      for (const key of removed) emitter(key, runtime, save, account)({ type: 'removed' });
      await afterRemoval(at, removed);
    },
  });
  const left = Object.entries(providers).filter(([key]) => !done.includes(key));
  return { ...Object.fromEntries(left), [carrier]: staged };
}

async function addsWayInTo({ runtime, server, sent }: AccountSave, account: AccountState): Promise<boolean> {
  const hasPassword = sent.hasPassword || changesResetAddress(sent, account, runtime);
  const added = addedWayIn({ ...sent, hasPassword }, account.stored, runtime);
  return added === 'provider' || (added === 'password-unless-there-is-one' && !(await server.accounts.hasPassword(account.id)));
}

/** Stages what a new password ends: step-up proofs, and trust in devices. */
function stagePassword(save: AccountSave, account: AccountState): void {
  const { server, hasMasterKey } = save;
  const at = accountRequest(save, account);
  // The session that a new password opens must be seen by a change of factors at once.
  if (!hasMasterKey) server.assertNoTransaction();
  server.accounts.stageWith('password', {
    ...sessionSave(save, account),
    after: () => everyStep([() => new StepUp(at).endAll(), () => endDependents(at, 'password', '')]),
  });
}

/**
 * Finds the step-up proofs that a save needs.
 *
 * @returns the proof that a removal uses up
 * @throws FactorError `session_required`, `fresh_proof_required`
 */
async function findProofs(save: AccountSave, account: AccountState, { proofs }: SaveChanges): Promise<string | undefined> {
  const { runtime, server, sent, session } = save;
  let last: string | undefined;
  for (const options of proofs) {
    const owner = ownerOf(server.appId, session);
    if (owner.userId !== account.id) throw new FactorError('session_required');
    // Records that this save is about to store count as stored.
    const stored = server.accounts.preview(account.id, sent.providers, account.stored);
    last = await freshness(save).find(
      owner,
      proofAccount(runtime, async () => stored, 'factors'),
      options,
    );
    if (last === undefined) throw new FactorError('fresh_proof_required');
  }
  return last;
}

const freshness = ({ server, runtime }: AccountSave): StepUpProofs => new StepUpProofs(server.store, runtime.clock);

/** The user of this save, with their session if it is the one that sends the request. */
function accountRequest(save: AccountSave, account: AccountState): AccountRequest {
  const { runtime, session } = save;
  return { runtime, request: save, account, session: session?.userId === account.id ? session : undefined };
}
