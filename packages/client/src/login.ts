import { destinationsIn, waysIn } from './authenticators.js';
import { FactorClientError, missingOf } from './factor-client-error.js';
import { hydrate } from './local-user.js';
import type { EnrolmentNeeded, FactorsNeeded, LoginResult, SignedIn } from './login-result.js';
import type { ParseSdk, SdkUser } from './parse-sdk.js';
import { asFields, sendChallenge, type Answers, type Fields, type Payload, type Send } from './wire.js';

/** The primary factor of a login: a user name and a password, or the `authData` of providers. */
export type PrimaryCredentials =
  | { readonly username: string; readonly password: string }
  | { readonly authData: Readonly<Record<string, object>>; readonly username?: string };

/** One login until it is complete. The typed credentials live only in its closures. */
export interface Login<User extends SdkUser> {
  readonly sdk: ParseSdk<User>;
  readonly send: Send;
  readonly primary: PrimaryCredentials;
  /** Whether to ask where codes go. False for passwordless sign-in, because its code is accepted for five requests only. */
  readonly isShowing: boolean;
}

/** The arguments that the overloads of `answer` and `confirm` accept. */
type AnswerArguments = readonly [key: string, answer: Payload] | readonly [answers: Answers];

const toAnswers = (args: AnswerArguments): Answers => (args.length === 1 ? args[0] : { [args[0]]: args[1] });

/** Sends a login with these answers and returns its result. */
export async function logIn<User extends SdkUser>(login: Login<User>, answers: Answers): Promise<LoginResult<User>> {
  const { send, primary } = login;
  try {
    const authData = { ...('authData' in primary && primary.authData), ...answers };
    const body = Object.keys(authData).length === 0 ? primary : { ...primary, authData };
    const reply = await send('POST', 'authData' in primary ? 'users' : 'login', body);
    return await signedIn(login, reply);
  } catch (fault) {
    const missing = missingOf(fault);
    if (missing !== undefined) return factorsNeeded(login, answers, missing, 1);
    if (!(fault instanceof FactorClientError) || fault.missing.length === 0) throw fault;
    if (fault.slug === 'enrolment_required') return enrolmentNeeded(login, answers, fault);
    return factorsNeeded(login, answers, fault.missing, countOf(fault, answers));
  }
}

/** How many factors are needed: `factor_required` names all the missing ones, or some to choose from. */
function countOf({ message, missing }: FactorClientError, answers: Answers): number {
  const [, total] = /: (\d+) factors are required/.exec(message) ?? [];
  if (total !== undefined) return Math.max(1, Number(total) - Object.keys(answers).length);
  return / or |one of: /.test(message) ? 1 : missing.length;
}

async function signedIn<User extends SdkUser>({ sdk }: Login<User>, reply: Fields): Promise<SignedIn<User>> {
  const replies = asFields(reply['authDataResponse']) as SignedIn<User>['replies'];
  return { status: 'session', user: await hydrate(sdk, reply), isNew: reply['_status'] === 201, replies };
}

async function factorsNeeded<User extends SdkUser>(
  login: Login<User>,
  answers: Answers,
  needs: readonly string[],
  count: number,
): Promise<FactorsNeeded<User>> {
  return {
    status: 'factors',
    needs,
    count,
    ...(await destinations(login, needs)),
    challenge: (key, payload = true) => sendChallenge(login.send, [key, payload], login.primary),
    answer: (...args: AnswerArguments) => logIn(login, { ...answers, ...toAnswers(args) }),
  };
}

/** Where codes go, masked. Errors are ignored, because a login works without it. */
async function destinations<User extends SdkUser>(
  { send, primary, isShowing }: Login<User>,
  needs: readonly string[],
): Promise<Pick<FactorsNeeded<User>, 'destinations' | 'choices' | 'ways'>> {
  if (!isShowing) return { destinations: {}, choices: {}, ways: {} };
  const challengeData = Object.fromEntries(needs.map((key) => [key, { show: 'status' }]));
  const shown = await send('POST', 'challenge', { ...primary, challengeData }).catch((): Fields => ({}));
  const replies = Object.entries(asFields(shown['challengeData']));
  const entries = replies.map(([key, reply]) => [key, asFields(reply)['destination']]);
  const lists = <Item>(read: (reply: unknown) => readonly Item[]): Record<string, readonly Item[]> =>
    Object.fromEntries(replies.map(([key, reply]) => [key, read(reply)] as const).filter(([, list]) => list.length > 0));
  return {
    destinations: Object.fromEntries(entries.filter(([, destination]) => typeof destination === 'string')),
    choices: lists(destinationsIn),
    ways: lists(waysIn),
  };
}

function enrolmentNeeded<User extends SdkUser>(
  login: Login<User>,
  answers: Answers,
  { message, missing }: FactorClientError,
): EnrolmentNeeded<User> {
  const { send, primary } = login;
  const [, count = 1] = /: Set up (\d+) of/.exec(message) ?? [];
  return {
    status: 'enrolment',
    needs: missing,
    count: Number(count),
    enrol: (key, payload = true) => sendChallenge(send, [key, payload], primary),
    async confirm(...args: AnswerArguments) {
      const isFirst = Object.keys(answers).length === 0;
      if (!('authData' in primary) || !isFirst) return logIn(login, { ...answers, ...toAnswers(args) });
      // Without a password, a first factor is enrolled on its own. The login then asks for it like for any other factor.
      const keys = Object.entries(toAnswers(args));
      for (const answer of keys) await sendChallenge(send, answer, primary);
      return factorsNeeded(
        login,
        answers,
        keys.map(([key]) => key),
        keys.length,
      );
    },
  };
}
