import type { EnrolmentRecord } from '../../account/enrolment-record.js';
import { EnrolmentRecords } from '../../account/enrolment-sealer.js';
import type { StagedSave } from '../../account/ports.js';
import { FactorError } from '../../error/factor-error.js';
import type { SignIn } from '../../factor/primary-sign-in.js';
import { asObject } from '../../validation/json-object.js';
import type { AuthRequest, FactorReply } from '../auth-request.js';
import { factorContext } from '../factor-context.js';
import { type VerifiedPrimary, verifyPrimary } from './verify-primary.js';

/** How many milliseconds a sign-up may take from its answer to its row. */
const SIGN_UP_MS = 10_000;

/**
 * `POST /users` of somebody who is not known: a sign-up with a primary factor, and nothing of ours beside it.
 *
 * @param key the factor's key in `auth`
 * @throws FactorError `code_rejected`, `invalid_input`, `cooldown`, `session_required`
 */
export async function signUp(key: string, request: AuthRequest): Promise<FactorReply> {
  const { runtime, sent } = request;
  const verified = (await verifyPrimary(request)).get(key);
  const { signIn } = runtime.factors[key] ?? {};
  const ours = Object.keys(runtime.factors).filter((name) => Object.hasOwn(sent.providers, name));
  if (signIn === undefined || ours.length > 1) throw new FactorError('session_required');
  if (!signIn.signUp || verified?.id === undefined) throw new FactorError('code_rejected');
  return { save: stageSignUp(key, signIn, { ...verified, id: verified.id }, request) };
}

/**
 * The code is used when the account is stored, and stays good when Parse Server refuses the sign-up for another reason. Until
 * then the id is claimed, so that it opens one account only, even where the database would take it twice.
 */
function stageSignUp(
  key: string,
  signIn: SignIn<object>,
  { id, spend }: VerifiedPrimary & { readonly id: string },
  request: AuthRequest,
): EnrolmentRecord {
  const context = factorContext(key, request.runtime, request);
  const claimed = signIn.subject(context, `sign-up ${id}`);
  return stageId(key, signIn, id, request, {
    before: async () => {
      if (!(await context.store.claim(claimed, context.clock() + SIGN_UP_MS))) throw new FactorError('code_rejected');
    },
    undo: () => context.store.forget(claimed),
    after: async () => {
      await spend();
      context.emit({ type: 'enrolled', purpose: 'sign-in' });
    },
  });
}

/** Whether a payload is an id alone, by which an administrator says whose it is. */
export const isBareId = (payload: unknown): payload is { readonly id: string } => {
  const { id, ...others } = asObject(payload) ?? {};
  return typeof id === 'string' && Object.keys(others).length === 0;
};

/**
 * An administrator says whose an id is.
 *
 * @param key the key of a primary factor
 * @throws FactorError `invalid_input`
 */
export function provideId(key: string, { id }: { readonly id: string }, request: AuthRequest): FactorReply {
  const { signIn } = request.runtime.factors[key] ?? {};
  if (signIn === undefined || signIn.find !== undefined) {
    throw new FactorError('invalid_input', { sentence: 'There is nothing to link.' });
  }
  if (signIn.idOf(signIn.enrolmentOf(id)) !== id) {
    throw new FactorError('invalid_input', { sentence: 'Field "id" must be in its one form.' });
  }
  const { emit } = factorContext(key, request.runtime, request, request.account?.id);
  const after = async (): Promise<void> => emit({ type: 'enrolled', purpose: 'enrolment', reason: 'administrator' });
  return { save: stageId(key, signIn, id, request, { after }) };
}

/** Stages the record of an id, for the user whom the request addresses or is about to create. */
function stageId(
  key: string,
  signIn: SignIn<object>,
  id: string,
  { runtime, server, account, ...request }: AuthRequest,
  save: Pick<StagedSave, 'before' | 'undo' | 'after'>,
): EnrolmentRecord {
  const userId = account?.id ?? '';
  const records = new EnrolmentRecords(runtime, { appId: server.appId, userId, key }, { signIn });
  const record = records.seal(signIn.enrolmentOf(id));
  const { emit } = factorContext(key, runtime, { ...request, server }, account?.id);
  return server.accounts.stage({ ...save, userId, plan: { decide: () => ({ [key]: record }) }, emit }, record.id);
}
