import { bucketOf, OTHER_PROVIDERS } from '../account/attempt-buckets.js';
import { secondFactors, storedAmong } from '../account/factor-roles.js';
import type { AccountState, Session } from '../account/ports.js';
import { FactorError } from '../error/factor-error.js';
import type { AttemptBucket } from '../factor/attempt-bucket.js';
import type { Reply } from '../factor/context.js';
import type { Factor } from '../factor/factor.js';
import { primaryOf, type PrimarySignIn } from '../factor/primary-sign-in.js';
import { asObject, sameStrings } from '../validation/json-object.js';
import { asksForProof } from '../validation/payload.js';
import type { ChallengeRequest } from './auth-request.js';
import { type ByWay, chooseWay, chosenEnrolment, withChoices } from './choose-authenticator.js';
import { enrolAtLogin, storeEnrolled } from './enrol-factor.js';
import { factorContext } from './factor-context.js';
import { mayEnrol } from './sign-in/login-demand.js';
import { primaryUsers } from './sign-in/primary-users.js';
import { shownWays, STATUS_ENABLED } from './status.js';
import { StepUp } from './step-up.js';
import { UserFactor } from './user-factor.js';

type Asked = ByWay<ChallengeRequest>;

/**
 * Answers `POST /challenge`. It serves a user who has just proven a primary factor, the user's own session, and a sign-in with
 * a primary factor.
 *
 * @param key the factor's key in `auth`
 */
export async function challenge(key: string, sent: unknown, request: ChallengeRequest): Promise<Reply> {
  const { kind, session, account, runtime } = request;
  const primary = primaryOf(runtime.factors[key]);
  const asked = (): Asked => chooseWay(runtime.factors[key] ?? {}, sent, request);
  if (primary?.identity === undefined && kind === 'after-first-factor' && account !== undefined)
    return challengeAfterFirstFactor(key, asked(), account);
  if (session !== undefined) return challengeOwn(key, asked(), session);
  if (primary === undefined) throw new FactorError('session_required');
  return begin(key, asked(), primary);
}

/** Begins a sign-in with a primary factor. */
const begin = (key: string, { payload, request }: Asked, primary: PrimarySignIn<object>): Promise<Reply> =>
  primary.begin(factorContext(key, request.runtime, request), payload, primaryUsers(key, request.runtime, request));

async function challengeAfterFirstFactor(key: string, { payload, request }: Asked, account: AccountState): Promise<Reply> {
  const primary = await primaryOfChallenge(request, account);
  const own = new UserFactor(key, request.runtime, request, account, { primary });
  if (isShow(payload)) return show(own.factor, own.enrolment.enrolment);
  if (own.record === undefined && (await mayEnrolAtLogin(key, request, account))) {
    return challengeNew(key, payload, own);
  }
  const { factor, context } = own;
  const isObject = asObject(payload) !== undefined;
  if (payload !== true && !isObject) throw new FactorError('invalid_input');
  if (isObject && own.record === undefined) throw new FactorError('session_required');
  const { enrolment } = own.enrolment;
  const chosen = chosenEnrolment(factor, enrolment, payload);
  if (chosen === undefined) throw new FactorError('session_required');
  return withChoices(factor, enrolment, () => factor.challenge(context, 'sign-in', chosen));
}

/** Answers `POST /challenge` of the user's own session. */
async function challengeOwn(key: string, { payload, request }: Asked, session: Session): Promise<Reply> {
  const { runtime, server } = request;
  const own = new UserFactor(key, runtime, request, await server.accounts.get(session.userId), { session });
  const { factor, context, at } = own;
  const enrolment = own.findEnrolment()?.enrolment;
  const command = await factor.read(payload, { at: 'challenge', user: context.user, enrolment });
  const stepUp = new StepUp(at);
  const mayBegin = async (): Promise<boolean> => enrolment === undefined || stepUp.isFresh();
  const isBeginning = command.do === 'begin' || (command.do === 'begin-or-challenge' && (await mayBegin()));
  if (isBeginning) {
    await stepUp.requireToEnrol(key);
    return factor.beginEnrolment(context, command.begin, enrolment);
  }
  if (enrolment === undefined) throw new FactorError('not_enrolled');
  const chosen = asksForProof(payload) ? enrolment : chosenEnrolment(factor, enrolment, payload);
  if (chosen === undefined) throw new FactorError('invalid_input', { sentence: 'The only accepted value is true.' });
  return withChoices(factor, enrolment, () => factor.challenge(context, 'fresh-proof', chosen));
}

/**
 * Begins and confirms an enrolment at a login, when a policy demands a second factor and a primary factor is proven.
 *
 * Confirming happens here too: a social login cannot confirm in one step, as its triggers run before its factors are checked.
 */
async function challengeNew(key: string, payload: unknown, own: UserFactor<object>): Promise<Reply> {
  const { factor, context, at } = own;
  const sent = asObject(payload) ?? {};
  const isAnswer = typeof payload === 'string' || Object.hasOwn(sent, 'code') || Object.hasOwn(sent, 'credential');
  if (!isAnswer) {
    const command = await factor.read(payload, { at: 'challenge', user: context.user, enrolment: undefined });
    if (command.do !== 'begin' && command.do !== 'begin-or-challenge') throw new FactorError('invalid_input');
    return factor.beginEnrolment(context, command.begin, undefined);
  }
  if (storedAmong(at.account.stored, secondFactors(at.runtime)).length > 0) throw new FactorError('session_required');
  const { record, response } = await enrolAtLogin(await own.readConfirmation(payload, 'sign-in'), own);
  await storeEnrolled(at, { [key]: record });
  return response;
}

/** Whether a user who has proven a primary factor may set this second factor up: only when a policy demands it. */
async function mayEnrolAtLogin(key: string, request: ChallengeRequest, account: AccountState): Promise<boolean> {
  return !request.hasMasterKey && (await mayEnrol(key, request.runtime, request, account));
}

/** What a client sees of a factor once a primary factor is proven: the masked destinations of its codes, and nothing else. */
function show(factor: Factor<object>, enrolment: object): Reply {
  const { destination } = factor.describe(enrolment);
  const shown = destination === undefined ? STATUS_ENABLED : { ...STATUS_ENABLED, destination };
  return { ...shown, ...factor.several?.choices?.(enrolment), ...shownWays(factor) };
}

/** The primary factor that the challenge was requested with; undefined for the password. */
async function primaryOfChallenge(
  { progress, runtime, server, mayBeByPassword }: ChallengeRequest,
  account: AccountState,
): Promise<AttemptBucket | undefined> {
  if (progress.identifiedBy !== undefined) return bucketOf(progress.identifiedBy, runtime);
  const others = Object.keys(account.stored).filter((key) => !Object.hasOwn(runtime.factors, key));
  if (others.length === 0) return undefined;
  return mayBeByPassword && (await server.accounts.hasPassword(account.id)) ? undefined : OTHER_PROVIDERS;
}

/** Whether the client only asks for the masked destination, before a code is sent. */
const isShow = (payload: unknown): boolean => sameStrings(payload, { show: 'status' });
