import { FactorError } from '../error/factor-error.js';
import { identityOf } from '../factor/primary-sign-in.js';
import { sameStrings } from '../validation/json-object.js';
import { type AuthRequest, type FactorReply, UNCHANGED } from './auth-request.js';
import { manageFactor } from './manage-factor.js';
import { signIn } from './sign-in/sign-in.js';
import { isBareId, provideId, signUp } from './sign-in/sign-up.js';
import { identify } from './sign-in/verify-primary.js';

/**
 * Answers Parse Server's hook for one factor.
 *
 * @param key the factor's key in `auth`
 */
export async function answerRequest(key: string, payload: unknown, request: AuthRequest): Promise<FactorReply> {
  switch (request.kind) {
    case 'identify':
      return identify(key, payload, request);
    case 'sign-in':
      assertAsSent(key, payload, request);
      return replyOfSignIn(key, request, () => false);
    case 'sign-up':
      assertAsSent(key, payload, request);
      return signUp(key, request);
    case 'own-save':
    case 'own-save-of-taken-id':
      return manageFactor(key, payload, request);
    case 'admin-save':
      return answerAdministrator(key, payload, request);
    default:
      throw new Error(request.kind satisfies never);
  }
}

/**
 * Refuses a payload that differs from the pending user's. A sign-in reads all credentials from there, and an SDK may have
 * decoded them to something else.
 *
 * @throws FactorError `invalid_input`
 */
function assertAsSent(key: string, payload: unknown, { sent }: AuthRequest): void {
  if (JSON.stringify(payload) !== JSON.stringify(sent.providers[key])) throw new FactorError('invalid_input');
}

/**
 * Answers a request of the master key, where a login looks the same as a change of the user.
 *
 * A payload is accepted without verification in two cases: it equals the stored record, or it is the bare id of a primary
 * factor. Everything else needs a right answer.
 */
async function answerAdministrator(key: string, payload: unknown, request: AuthRequest): Promise<FactorReply> {
  const { runtime, sent, account } = request;
  const isProvided = (name: string): boolean => identityOf(runtime.factors[name]) !== undefined && isBareId(sent.providers[name]);
  if (identityOf(runtime.factors[key]) !== undefined && isBareId(payload)) return provideId(key, payload, request);
  if (account === undefined) return signUp(key, request);
  const isEcho = (name: string): boolean =>
    !sent.hasPassword && sameStrings(sent.providers[name], account.stored[name] ?? undefined);
  if (isEcho(key)) return UNCHANGED;
  return replyOfSignIn(key, request, (name) => isProvided(name) || isEcho(name));
}

/** The first hook runs the sign-in for all. Each hook takes its own reply from the result. */
async function replyOfSignIn(key: string, request: AuthRequest, isLeftOut: (key: string) => boolean): Promise<FactorReply> {
  request.progress.signIn ??= signIn(request, key, isLeftOut);
  const reply = (await request.progress.signIn).get(key);
  if (reply === undefined) throw new FactorError('unavailable'); // the run has not looked at the factor, so it admits no one
  return reply;
}
