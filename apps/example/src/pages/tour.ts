/** One step of the tour: a title, and the shell command to run. */
export interface Step {
  readonly title: string;
  readonly line: string;
}

const APP = `-H 'X-Parse-Application-Id: example' -H 'Content-Type: application/json'`;
const SESSION = `-H "X-Parse-Session-Token: $SESSION"`;
const LOGIN = `"username":"ann","password":"correct horse"`;

const field = (name: string): string => `sed -E 's/.*"${name}":"([^"]+)".*/\\1/'`;

/**
 * The steps of the tour, in order: commands for a POSIX shell with curl.
 *
 * @param url the address of the server, without a path
 */
export function tour(url: string): readonly Step[] {
  const post = (path: string, json: string, headers = ''): string =>
    `curl -s -X POST ${url}/parse${path} ${APP}${headers && ` ${headers}`} -d '${json}'`;
  const put = (json: string): string =>
    `curl -s -X PUT ${url}/parse/users/$USER_ID ${APP} ${SESSION} -d "${json.replaceAll('"', '\\"')}"`;
  const code = `CODE=$(curl -s ${url}/outbox.json | grep -oE '[0-9]{6} is your' | tail -1 | cut -c1-6); echo $CODE`;
  const tryPassword = { title: 'Try the password alone: the server now refuses it', line: post('/login', `{${LOGIN}}`) };
  return [
    { title: 'Sign up', line: `REPLY=$(${post('/users', `{${LOGIN}}`)}); echo "$REPLY"` },
    {
      title: 'Remember the session',
      line: `USER_ID=$(echo "$REPLY" | ${field('objectId')}); SESSION=$(echo "$REPLY" | ${field('sessionToken')})`,
    },
    {
      title: 'Add a phone number: the server sends a code to it',
      line: post('/challenge', '{"challengeData":{"otp":{"phone":"+15551234567"}}}', SESSION),
    },
    { title: 'Read the code in the outbox', line: code },
    {
      title: 'Confirm the phone number with the code',
      line: put('{"authData":{"otp":{"phone":"+15551234567","code":"$CODE"}}}'),
    },
    tryPassword,
    {
      title: 'Add an email address in the same way',
      line: post('/challenge', '{"challengeData":{"email":{"email":"ann@example.com"}}}', SESSION),
    },
    { title: 'Read the code', line: code },
    { title: 'Confirm the email address', line: put('{"authData":{"email":{"email":"ann@example.com","code":"$CODE"}}}') },
    {
      title: 'Add an authenticator app: type this secret into the app',
      line: `REPLY=$(${post('/challenge', '{"challengeData":{"totp":true}}', SESSION)}); echo "$REPLY" | ${field('secret')}`,
    },
    {
      title: 'Confirm the app with the code that it shows',
      line: `read -p 'Code: ' CODE; ${put('{"authData":{"totp":"$CODE"}}')}`,
    },
    { title: 'Ask for a code by email, to log in', line: post('/challenge', `{${LOGIN},"challengeData":{"email":true}}`) },
    { title: 'Read the code', line: code },
    {
      title: 'Log in with the password and the code',
      line: `curl -s -X POST ${url}/parse/login ${APP} -d "{${LOGIN.replaceAll('"', '\\"')},\\"authData\\":{\\"email\\":\\"$CODE\\"}}"`,
    },
    {
      title: 'Or log in with the next code of the app, and remember this session',
      line: `read -p 'Code: ' CODE; REPLY=$(curl -s -X POST ${url}/parse/login ${APP} -d "{${LOGIN.replaceAll('"', '\\"')},\\"authData\\":{\\"totp\\":\\"$CODE\\"}}"); echo "$REPLY"; SESSION=$(echo "$REPLY" | ${field('sessionToken')})`,
    },
    {
      title: 'Trust this device: possible right after a login with a second factor',
      line: `TOKEN=$(${put('{"authData":{"device":{"remember":"true","name":"This shell"}}}')} | ${field('token')}); echo $TOKEN`,
    },
    {
      title: 'Log in on the trusted device: its token replaces a code, and the reply holds a new token',
      line: `curl -s -X POST ${url}/parse/login ${APP} -d "{${LOGIN.replaceAll('"', '\\"')},\\"authData\\":{\\"device\\":{\\"token\\":\\"$TOKEN\\"}}}"`,
    },
    {
      title: 'Verify it is you again: ask for a code by email',
      line: post('/challenge', '{"challengeData":{"email":true}}', SESSION),
    },
    { title: 'Read the code', line: code },
    { title: 'Send the code: this session may change factors for five minutes', line: put('{"authData":{"email":"$CODE"}}') },
    {
      title: 'Create recovery codes: the server shows them only once',
      line: put('{"authData":{"recovery":{"generate":"true"}}}'),
    },
    {
      title: 'Sign in without a password: the server sends a code to any address, known or new',
      line: post('/challenge', '{"challengeData":{"emailLogin":{"email":"bob@example.com"}}}'),
    },
    { title: 'Read the code', line: code },
    {
      title: 'The code of a new address signs up; later codes log in',
      line: `curl -s -X POST ${url}/parse/users ${APP} -d "{\\"authData\\":{\\"emailLogin\\":{\\"id\\":\\"bob@example.com\\",\\"code\\":\\"$CODE\\"}}}"`,
    },
  ];
}
