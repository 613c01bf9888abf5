import { identityOf } from '../factor/primary-sign-in.js';
import { FactorError } from '../error/factor-error.js';
import { sameStrings } from '../validation/json-object.js';
import { type AuthRequest, type FactorReply, UNCHANGED } from './auth-request.js';
import { manageFactor } from './manage-factor.js';
import { signIn } from './sign-in/sign-in.js';
import { isBareId, provideId, signUp } from './sign-in/sign-up.js';
import { identify } from './sign-in/verify-primary.js';

/**
 * What Parse Server is told of one factor for which something was sent.
 *
 * @param key the factor's key in `auth`
 */
export async function answerHook(key: string, payload: unknown, request: AuthRequest): Promise<FactorReply> {
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
 * A sign-in reads what all hooks are sent from the pending user, which an SDK has decoded. What that has changed is no answer.
 *
 * @throws FactorError `invalid_input`
 */
function assertAsSent(key: string, payload: unknown, { sent }: AuthRequest): void {
  if (JSON.stringify(payload) !== JSON.stringify(sent.providers[key])) throw new FactorError('invalid_input');
}

/**
 * With the master key, a change of a user cannot be told from a login. What is not sent back as it is stored, and is not the
 * id alone of a primary factor, needs a right answer.
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

/** The first hook runs the sign-in; each takes its own reply of it. */
async function replyOfSignIn(key: string, request: AuthRequest, isLeftOut: (key: string) => boolean): Promise<FactorReply> {
  request.progress.signIn ??= signIn(request, key, isLeftOut);
  return (await request.progress.signIn).get(key) ?? UNCHANGED;
}
