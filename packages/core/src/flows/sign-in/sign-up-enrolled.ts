import type { StagedSave } from '../../account/ports.js';
import { EnrolmentSealer } from '../../account/records/enrolment-sealer.js';
import { FactorError } from '../../error/factor-error.js';
import type { Reply } from '../../factor/context.js';
import type { Factor } from '../../factor/factor.js';
import { namesUser } from '../../validation/payload.js';
import { signsUpAlone } from '../../factor/primary-sign-in.js';
import type { AuthRequest, FactorReply, SignInReplies } from '../auth-request.js';
import { factorContext } from '../factor-context.js';
import { countByNetwork, unlessRejected } from './network-limits.js';

/** The key of the factor whose first enrolment signs a new user up in this request; undefined for none. */
export const keyToSignUpWith = ({ runtime, sent }: AuthRequest): string | undefined =>
  Object.keys(runtime.factors).find((key) => signsUpAlone(runtime.factors[key]) !== undefined && namesUser(sent.providers[key]));

/**
 * Signs a new user up with the first enrolment of a factor, such as a passkey, and nothing else. The user has neither a password
 * nor an address, so recovery codes are issued in the same request, and shown in its reply.
 *
 * The records are sealed for the user's `objectId` when Parse Server stores the user. The enrolment is used up right before, so
 * it opens one account only.
 *
 * @param key the factor's key in `auth`
 * @throws FactorError `code_rejected`, `invalid_input`, `cooldown`
 */
export async function signUpEnrolled(key: string, request: AuthRequest): Promise<SignInReplies> {
  const { runtime, sent } = request;
  const primary = signsUpAlone(runtime.factors[key]);
  if (primary === undefined) throw new FactorError('unavailable');
  const context = factorContext(key, runtime, request);
  const release = await countByNetwork(key, runtime, request);
  const verified = await unlessRejected(() => primary.enrolNew(context, sent.providers[key]), release);
  await release();
  const recoveryKey = recoveryKeyIn(key, request);
  const codes = await issueCodes(recoveryKey, request);
  const enrolled = stageNew(key, verified.enrolment, request, {
    methods: [{ method: key, kind: 'primary' }],
    before: () => verified.consume(),
  });
  const recovery = stageNew(recoveryKey, codes.enrolment, request, {});
  return new Map([
    [key, { save: { ...enrolled, id: verified.id } }],
    [recoveryKey, { save: recovery, response: codes.reply }],
  ] satisfies (readonly [string, FactorReply])[]);
}

/** The key of the recovery codes that are sent along. @throws FactorError `invalid_input` unless just these are */
function recoveryKeyIn(key: string, { runtime, sent }: AuthRequest): string {
  const possible = Object.keys(runtime.factors).filter((other) => runtime.factors[other]?.recovery !== undefined);
  const others = Object.keys(sent.providers).filter((other) => other !== key);
  const [recoveryKey] = others;
  if (recoveryKey !== undefined && others.length === 1 && possible.includes(recoveryKey) && !sent.hasPassword) return recoveryKey;
  const sentence = `To sign up, send just "${key}", and { generate: "true" } for ${possible.map((each) => `"${each}"`).join(' or ')}.`;
  throw new FactorError('invalid_input', { sentence });
}

async function issueCodes(key: string, request: AuthRequest): Promise<{ readonly enrolment: object; readonly reply: Reply }> {
  const { runtime, sent } = request;
  const factor = runtime.factors[key] as Factor<object>;
  const user = { id: '', get: () => undefined };
  const command = await factor.read(sent.providers[key], { at: 'save', user, enrolment: undefined });
  if (command.do !== 'enrol') throw new FactorError('invalid_input');
  const context = { ...factorContext(key, runtime, request), user, change: async () => false };
  const { enrolment, reply } = await factor.confirmEnrolment(context, command.confirmation, undefined);
  if (enrolment === undefined || reply === undefined) throw new FactorError('unavailable');
  return { enrolment, reply };
}

/** Stages the record of a user who is about to be created. */
function stageNew(
  key: string,
  enrolment: object,
  request: AuthRequest,
  save: Pick<StagedSave, 'methods' | 'before'>,
): NonNullable<FactorReply['save']> {
  const { runtime, server } = request;
  const { emit } = factorContext(key, runtime, request);
  let createdId = '';
  return server.accounts.stage({
    ...save,
    userId: '',
    planFor: (userId) => {
      createdId = userId;
      const records = new EnrolmentSealer(runtime, { appId: server.appId, userId, key }, runtime.factors[key]);
      return { decide: () => ({ [key]: records.seal(enrolment) }) };
    },
    after: async () => emit({ type: 'enrolled', purpose: 'sign-in', userId: createdId }),
    emit,
  });
}
