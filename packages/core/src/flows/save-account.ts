import { addedWayIn, changesOfSave, type SaveChanges } from '../account/change-rules.js';
import type { AccountState, ServerRequest, Session } from '../account/ports.js';
import type { StoredRecords } from '../account/record-plan.js';
import { planToRemove } from '../account/record-transitions.js';
import type { Runtime } from '../account/runtime.js';
import type { SentCredentials } from '../account/sent-credentials.js';
import { StepUpProofs } from '../account/step-up-proofs.js';
import { everyStep } from '../error/every-step.js';
import { FactorError } from '../error/factor-error.js';
import { emitter } from '../events/event-dispatcher.js';
import type { AccountRequest } from './auth-request.js';
import { afterRemoval, endDependents } from './end-dependents.js';
import { ownerOf, proofAccount, StepUp } from './step-up.js';

/** A save of a user that Parse Server is about to make. */
export interface AccountSave extends ServerRequest {
  readonly runtime: Runtime;
  /** Whose row it is; undefined for a new one. */
  readonly userId: string | undefined;
  readonly session: Session | undefined;
  readonly isAdministrator: boolean;
  readonly sent: SentCredentials;
}

/**
 * Before a user is saved. Removing a factor needs a step-up proof, and uses it up; linking another provider beside a factor,
 * or unlinking one, needs one; a new password ends what was proven. All of that happens with Parse Server's own write.
 *
 * @returns what Parse Server is to store of providers in place of what was sent, where that is something else
 * @throws FactorError `fresh_proof_required`, `session_required`, `invalid_input`
 */
export async function saveAccount(save: AccountSave): Promise<StoredRecords | undefined> {
  const { server, userId, sent, isAdministrator, session } = save;
  if (userId === undefined || (Object.keys(sent.providers).length === 0 && !sent.hasPassword)) return undefined;
  const account = await server.accounts.get(userId);
  const changed = await stageRemovals(save, account);
  const others = Object.entries(sent.providers).filter(([key]) => !Object.hasOwn(save.runtime.factors, key));
  server.accounts.decideProviders(account, Object.fromEntries(others));
  // Parse Server refuses a request that has neither.
  if (sent.hasPassword && (isAdministrator || session !== undefined)) stagePassword(save, account);
  return changed;
}

/** Removals happen with Parse Server's own write, and use the proof up then. */
async function stageRemovals(save: AccountSave, account: AccountState): Promise<StoredRecords | undefined> {
  const { runtime, server, sent, isAdministrator } = save;
  const { providers } = sent;
  const addsWayIn = !isAdministrator && (await addsWayInTo(save, account));
  const changes = changesOfSave(sent, account.stored, runtime, addsWayIn);
  const proof = isAdministrator ? undefined : await findProofs(save, account, changes);
  const isOurs = (key: string): boolean => Object.hasOwn(runtime.factors, key);
  const nulls = Object.keys(providers).filter((key) => providers[key] === null);
  // Parse Server must not write a removal itself: what it removed might have been set up since.
  const unlinked = nulls.filter((key) => !isOurs(key) && server.accounts.losesAllOnRemoval);
  const [carrier, ...done] = nulls.filter((key) => isOurs(key) || unlinked.includes(key));
  if (carrier === undefined) return undefined;
  const { removed } = changes;
  const at = accountRequest(save, account);
  const staged = server.accounts.stage({
    userId: account.id,
    account,
    bySession: true,
    plan: planToRemove(runtime, [...removed, ...unlinked]),
    emit: emitter('', runtime, save, account.id),
    before: async () => {
      if (removed.length === 0 || isAdministrator) return;
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

async function addsWayInTo({ runtime, server, sent }: AccountSave, { id, stored }: AccountState): Promise<boolean> {
  const added = addedWayIn(sent, stored, runtime);
  return added === 'provider' || (added === 'password-unless-there-is-one' && !(await server.accounts.hasPassword(id)));
}

/** A new password ends what was proven, and trust in devices. */
function stagePassword(save: AccountSave, account: AccountState): void {
  const at = accountRequest(save, account);
  save.server.accounts.stageWithPassword({
    userId: account.id,
    emit: emitter('', save.runtime, save, account.id),
    after: () => everyStep([() => new StepUp(at).endAll(), () => endDependents(at, 'password', '')]),
  });
}

/**
 * Finds the step-up proofs that a save takes.
 *
 * @returns the one that a removal uses up
 * @throws FactorError `session_required`, `fresh_proof_required`
 */
async function findProofs(save: AccountSave, account: AccountState, { proofs }: SaveChanges): Promise<string | undefined> {
  const { runtime, server, sent, session } = save;
  let last: string | undefined;
  for (const options of proofs) {
    const owner = ownerOf(server.appId, session);
    if (owner.userId !== account.id) throw new FactorError('session_required');
    // What this very save is about to store counts as stored.
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

/** The user in this save, and their session where it is the one that asks. */
function accountRequest(save: AccountSave, account: AccountState): AccountRequest {
  const { runtime, session } = save;
  return { runtime, request: save, account, session: session?.userId === account.id ? session : undefined };
}
