import type { EnrolmentRecord } from '../../account/records/enrolment-record.js';
import { EnrolmentSealer } from '../../account/records/enrolment-sealer.js';
import type { StagedSave } from '../../account/ports.js';
import { FactorError } from '../../error/factor-error.js';
import type { Factor } from '../../factor/factor.js';
import { identityOf, type PrimaryIdentity, type VerifiedCredential } from '../../factor/primary-sign-in.js';
import { asObject } from '../../validation/json-object.js';
import { type AuthRequest, type FactorReply, UNCHANGED } from '../auth-request.js';
import { factorContext } from '../factor-context.js';
import { keyToSignUpWith, signUpEnrolled } from './sign-up-enrolled.js';
import { verifyPrimary } from './verify-primary.js';

/** The primary factor that an id belongs to. */
interface IdOwner {
  readonly key: string;
  readonly factor: Factor<object>;
  readonly identity: PrimaryIdentity<object>;
}

/** The longest time from the verified answer to the stored row, in milliseconds. */
const SIGN_UP_MS = 10_000;

/**
 * Signs a new user up with a primary factor (`POST /users`). No other factor of this library may be sent with it, except
 * recovery codes, which {@link signUpEnrolled} demands.
 *
 * @param key the factor's key in `auth`
 * @throws FactorError `code_rejected`, `invalid_input`, `cooldown`, `session_required`
 */
export async function signUp(key: string, request: AuthRequest): Promise<FactorReply> {
  const { runtime, sent } = request;
  const enrolling = keyToSignUpWith(request);
  if (enrolling !== undefined) {
    request.progress.signIn ??= signUpEnrolled(enrolling, request);
    return (await request.progress.signIn).get(key) ?? UNCHANGED;
  }
  const verified = (await verifyPrimary(request)).get(key);
  const factor = runtime.factors[key];
  const primary = identityOf(factor);
  const ours = Object.keys(runtime.factors).filter((name) => Object.hasOwn(sent.providers, name));
  if (factor === undefined || primary === undefined || ours.length > 1) throw new FactorError('session_required');
  if (!primary.signUp || verified === undefined) throw new FactorError('code_rejected');
  return { save: stageSignUp({ key, factor, identity: primary.identity }, verified, request) };
}

/**
 * Stages the record of a new user. The code is consumed only when the account is stored, so it stays valid when Parse Server
 * refuses the sign-up for another reason.
 *
 * Until then the id is claimed. So it opens one account only, even if the database would accept it twice.
 */
function stageSignUp(owner: IdOwner, { id, consume }: VerifiedCredential, request: AuthRequest): EnrolmentRecord {
  const context = factorContext(owner.key, request.runtime, request);
  const claimed = owner.identity.subject(context, `sign-up ${id}`);
  return stageId(owner, id, request, {
    methods: [{ method: owner.key, kind: 'primary' }],
    before: async () => {
      if (!(await context.store.claim(claimed, context.clock() + SIGN_UP_MS))) throw new FactorError('code_rejected');
    },
    undo: () => context.store.forget(claimed),
    after: async () => {
      await consume();
      context.emit({ type: 'enrolled', purpose: 'sign-in' });
    },
  });
}

/** Whether a payload is a bare id, by which an administrator links the id to a user. */
export const isBareId = (payload: unknown): payload is { readonly id: string } => {
  const { id, ...others } = asObject(payload) ?? {};
  return typeof id === 'string' && Object.keys(others).length === 0;
};

/**
 * Links an id to a user for an administrator.
 *
 * @param key the key of a primary factor
 * @throws FactorError `invalid_input`
 */
export function provideId(key: string, { id }: { readonly id: string }, request: AuthRequest): FactorReply {
  const factor = request.runtime.factors[key];
  const primary = identityOf(factor);
  if (factor === undefined || primary === undefined || primary.lookUp !== undefined) {
    throw new FactorError('invalid_input', { sentence: 'This factor has no id that can be linked to a user.' });
  }
  const { identity } = primary;
  if (identity.idOf(identity.enrolmentOf(id)) !== id) {
    throw new FactorError('invalid_input', {
      sentence: 'Field "id" must be normalised, for example in lower case and without spaces.',
    });
  }
  const { emit } = factorContext(key, request.runtime, request, request.account?.id);
  const after = async (): Promise<void> => emit({ type: 'enrolled', purpose: 'enrolment', reason: 'administrator' });
  return { save: stageId({ key, factor, identity }, id, request, { after }) };
}

/** Stages the record of an id, for the user that the request addresses or is about to create. */
function stageId(
  { key, factor, identity }: IdOwner,
  id: string,
  { runtime, server, account, ...request }: AuthRequest,
  save: Pick<StagedSave, 'before' | 'undo' | 'after' | 'methods'>,
): EnrolmentRecord {
  const userId = account?.id ?? '';
  const records = new EnrolmentSealer(runtime, { appId: server.appId, userId, key }, factor);
  const record = records.seal(identity.enrolmentOf(id));
  const { emit } = factorContext(key, runtime, { ...request, server }, account?.id);
  return server.accounts.stage({ ...save, userId, plan: { decide: () => ({ [key]: record }) }, emit }, record.id);
}
