import type { AccountState, ServerRequest, Session } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { type ProofKind, RECOVERY_SESSION_MS, StepUpProofs } from '../../account/step-up-proofs.js';
import { endHelpCode } from '../recovery/help-code.js';
import { cancelRecovery } from '../recovery/recover.js';
import { ownerOf } from '../step-up.js';

/**
 * Records after a login that its session was opened with a factor, or with a backup authenticator. A factor also ends recovery
 * waits and help codes, which are for users who have lost theirs.
 *
 * @param account the user's row, as it was stored after the login or read by it
 * @param session the session that was opened; undefined when Parse Server does not pass it
 * @throws FactorError `session_required` when there is something to record and no session
 */
export async function rememberLogin(
  runtime: Runtime,
  request: ServerRequest,
  account: AccountState,
  session: Session | undefined,
): Promise<void> {
  const { appId, store, accounts } = request.server;
  const notes = request.server.notes(account.id);
  const { answered, answeredByBackup, enrolled } = notes;
  delete notes.answered; // valid for one session
  delete notes.answeredByBackup;
  delete notes.enrolled;
  const now = runtime.clock();
  const record = (kind: ProofKind, factor: string, until: number): Promise<void> =>
    new StepUpProofs(store, runtime.clock, kind).record(ownerOf(appId, session), factor, until);
  // Setting a factor up is a step-up proof, at a login too.
  if (enrolled !== undefined) await record('fresh', enrolled, now + runtime.freshMs);
  if (answered !== undefined) {
    const mayTrust = Object.values(runtime.factors).some(({ backup }) => backup === 'after-sign-in');
    if (mayTrust) await record('login', answered, now + runtime.freshMs);
    await cancelRecovery(runtime, request, () => accounts.get(account.id));
    await endHelpCode({ runtime, request, account });
  } else if (answeredByBackup !== undefined) {
    const { backup, recovery } = runtime.factors[answeredByBackup] ?? {};
    if (backup === 'by-administrator') await record('fresh', answeredByBackup, now + runtime.freshMs);
    if (recovery !== undefined) await record('recovery', answeredByBackup, now + RECOVERY_SESSION_MS);
  }
}
