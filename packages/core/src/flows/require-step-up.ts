import type { ServerRequest, Session } from '../account/ports.js';
import type { Runtime } from '../account/runtime.js';
import { type StepUpOptions, StepUpProofs } from '../account/step-up-proofs.js';
import { FactorError } from '../error/factor-error.js';
import { ownerOf, proofAccount } from './step-up.js';

/**
 * Resolves if the session has a step-up proof. For functions of the application.
 *
 * It costs one database statement, and one more when the result depends on the user's enrolments.
 *
 * @throws FactorError `fresh_proof_required`; `session_required` without a session
 */
export async function requireStepUp(
  runtime: Runtime,
  { server }: ServerRequest,
  session: Session | undefined,
  options: StepUpOptions = {},
): Promise<void> {
  const owner = ownerOf(server.appId, session);
  const stored = async () => (await server.accounts.get(owner.userId)).stored;
  const proofs = new StepUpProofs(server.store, runtime.clock);
  const proof = await proofs.find(owner, proofAccount(runtime, stored, 'application'), options);
  if (proof === undefined) throw new FactorError('fresh_proof_required');
}
