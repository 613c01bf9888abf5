import type { Answer, Person } from '@parse-factors/test-server/parse-server';

/** Headers with the master key. */
export const MASTER: Record<string, string> = { 'X-Parse-Master-Key': 'master' };

/** Headers of the session that an answer has opened. */
export const sessionHeaders = ({ body }: Pick<Answer, 'body'>): Record<string, string> => ({
  'X-Parse-Session-Token': String(body['sessionToken']),
});

/** The user that a passwordless sign-in has signed in, with the session that it has opened. */
export const personOf = (answer: Answer): Person => ({
  id: String(answer.body['objectId']),
  username: '',
  password: '',
  session: sessionHeaders(answer),
});

/** The user name and the password, as a login sends them. */
export const credentials = ({ username, password }: Pick<Person, 'username' | 'password'>): object => ({ username, password });

/** A login by GraphQL. Its variable is `input`, as in the operations below. */
export const LOG_IN =
  'mutation ($input: LogInInput!) { logIn(input: $input) { viewer { sessionToken user { objectId authDataResponse } } } }';
export const LOG_IN_WITH =
  'mutation ($input: LogInWithInput!) { logInWith(input: $input) { viewer { sessionToken user { objectId } } } }';
export const CHALLENGE = 'mutation ($input: ChallengeInput!) { challenge(input: $input) { challengeData } }';
export const UPDATE_USER =
  'mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { objectId authDataResponse } } }';
