import type { ServerRequest, Session } from '../account/ports.js';
import type { Runtime } from '../account/runtime.js';
import { StepUpProofs, type StepUpOptions } from '../account/step-up-proofs.js';
import { FactorError } from '../error/factor-error.js';
import { ownerOf, proofAccount } from './step-up.js';

/**
 * Passes if the session has a step-up proof: for functions of the application. It takes one statement, and one more where it
 * depends on what the user has set up.
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
