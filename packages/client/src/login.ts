import { FactorClientError, missingOf } from './factor-client-error.js';
import { hydrate } from './local-user.js';
import type { EnrolmentNeeded, FactorsNeeded, LoginResult, SignedIn } from './login-result.js';
import type { ParseSdk, SdkUser } from './parse-sdk.js';
import { asFields, sendChallenge, type Answers, type Fields, type Payload, type Send } from './wire.js';

/** How somebody says who he is: a name and a password, or the data of providers. */
export type FirstFactor =
  { readonly username: string; readonly password: string } | { readonly authData: Readonly<Record<string, object>> };

/** One login, until it is complete. What was typed in lives in its closures and nowhere else. */
export interface Login<User extends SdkUser> {
  readonly sdk: ParseSdk<User>;
  readonly send: Send;
  readonly first: FirstFactor;
  /** Whether asking where codes go is free: the code of a passwordless login is good for five requests. */
  readonly isShowing: boolean;
}

/** What the overloads of `answer` and `confirm` take. */
type Given = readonly [key: string, answer: Payload] | readonly [answers: Answers];

const toAnswers = (given: Given): Answers => (given.length === 1 ? given[0] : { [given[0]]: given[1] });

/** Sends a login with these answers, and says what it came to. */
export async function logIn<User extends SdkUser>(login: Login<User>, answers: Answers): Promise<LoginResult<User>> {
  const { send, first } = login;
  try {
    const authData = { ...('authData' in first && first.authData), ...answers };
    const body = Object.keys(authData).length === 0 ? first : { ...first, authData };
    const reply = await send('POST', 'authData' in first ? 'users' : 'login', body);
    return await signedIn(login, reply);
  } catch (fault) {
    const missing = missingOf(fault);
    if (missing !== undefined) return factorsNeeded(login, answers, missing, 1);
    if (!(fault instanceof FactorClientError) || fault.missing.length === 0) throw fault;
    if (fault.slug === 'enrolment_required') return enrolmentNeeded(login, answers, fault);
    return factorsNeeded(login, answers, fault.missing, countOf(fault, answers));
  }
}

/** `factor_required` names all that is missing, or so many to choose from. */
function countOf({ message, missing }: FactorClientError, answers: Answers): number {
  const [, total] = /: (\d+) factors are required/.exec(message) ?? [];
  if (total !== undefined) return Math.max(1, Number(total) - Object.keys(answers).length);
  return message.includes(' or ') ? 1 : missing.length;
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
    destinations: await destinations(login, needs),
    challenge: (key, payload = true) => sendChallenge(login.send, [key, payload], login.first),
    answer: (...given: Given) => logIn(login, { ...answers, ...toAnswers(given) }),
  };
}

/** Where codes go; a server that does not tell is no reason to stop. */
async function destinations<User extends SdkUser>(
  { send, first, isShowing }: Login<User>,
  needs: readonly string[],
): Promise<Record<string, string>> {
  if (!isShowing) return {};
  const challengeData = Object.fromEntries(needs.map((key) => [key, { show: 'status' }]));
  const shown = await send('POST', 'challenge', { ...first, challengeData }).catch((): Fields => ({}));
  const entries = Object.entries(asFields(shown['challengeData'])).map(([key, reply]) => [key, asFields(reply)['destination']]);
  return Object.fromEntries(entries.filter(([, destination]) => typeof destination === 'string')) as Record<string, string>;
}

function enrolmentNeeded<User extends SdkUser>(
  login: Login<User>,
  answers: Answers,
  { message, missing }: FactorClientError,
): EnrolmentNeeded<User> {
  const { send, first } = login;
  const [, count = 1] = /: Set up (\d+) of/.exec(message) ?? [];
  return {
    status: 'enrolment',
    needs: missing,
    count: Number(count),
    enrol: (key, payload = true) => sendChallenge(send, [key, payload], first),
    async confirm(...given: Given) {
      if (!('authData' in first)) return logIn(login, { ...answers, ...toAnswers(given) });
      // Without a password a factor is confirmed by itself, and then asked for as any other.
      const keys = Object.entries(toAnswers(given));
      for (const answer of keys) await sendChallenge(send, answer, first);
      return factorsNeeded(
        login,
        answers,
        keys.map(([key]) => key),
        keys.length,
      );
    },
  };
}
