import { Freshness, type ProofKind, RECOVERY_SESSION_MS, type SessionOwner } from '../account/step-up-proofs.js';
import { traceOf } from '../parse/login-trace.js';
import { fetchUser } from '../parse/parse-user.js';
import type { AskedRequest } from './factor-context.js';
import { cancelRecovery } from './recover.js';
import type { FactorRuntime } from './runtime.js';

/**
 * After a login: remembers for a while that its session was opened with a factor, or with what stood in for
 * one. A factor ends what waits for a user who has lost theirs.
 *
 * @param owner gives whose session was opened; not asked where there is nothing to remember
 */
export async function rememberLogin(
  runtime: FactorRuntime,
  request: AskedRequest,
  userId: string,
  owner: () => SessionOwner,
): Promise<void> {
  const { config } = request;
  const trace = traceOf(config, userId);
  const { answered, stoodIn, setUp } = trace;
  delete trace.answered; // good for one session
  delete trace.stoodIn;
  delete trace.setUp;
  const now = runtime.clock();
  const proof = (kind: ProofKind): Freshness => new Freshness(runtime.storeFor(config), runtime.clock, kind);
  // Setting a factor up is a proof, on the way in as well.
  if (setUp !== undefined) await proof('fresh').mark(owner(), setUp, now + runtime.freshMs);
  if (answered !== undefined) {
    const mayTrust = Object.values(runtime.factors).some(({ standIn }) => standIn === 'login');
    if (mayTrust) await proof('login').mark(owner(), answered, now + runtime.freshMs);
    await cancelRecovery(runtime, request, () => fetchUser(config, userId));
  } else if (stoodIn !== undefined && runtime.factors[stoodIn]?.recovery !== undefined) {
    await proof('recovery').mark(owner(), stoodIn, now + RECOVERY_SESSION_MS);
  }
}
