/** One step of the tour: what it does, and the shell line that does it. */
export interface Step {
  readonly title: string;
  readonly line: string;
}

const APP = `-H 'X-Parse-Application-Id: example' -H 'Content-Type: application/json'`;
const SESSION = `-H "X-Parse-Session-Token: $SESSION"`;
const LOGIN = `"username":"ann","password":"correct horse"`;

const field = (name: string): string => `sed -E 's/.*"${name}":"([^"]+)".*/\\1/'`;

/** The whole flow as lines for a POSIX shell with curl, in their order. */
export function tour(url: string): readonly Step[] {
  const post = (path: string, json: string, headers = ''): string =>
    `curl -s -X POST ${url}/parse${path} ${APP}${headers && ` ${headers}`} -d '${json}'`;
  const put = (json: string): string =>
    `curl -s -X PUT ${url}/parse/users/$USER_ID ${APP} ${SESSION} -d "${json.replaceAll('"', '\\"')}"`;
  const code = `CODE=$(curl -s ${url}/outbox.json | grep -oE '[0-9]{6} is your' | tail -1 | cut -c1-6); echo $CODE`;
  const tryPassword = { title: 'The password alone no longer logs in', line: post('/login', `{${LOGIN}}`) };
  return [
    { title: 'Sign up', line: `REPLY=$(${post('/users', `{${LOGIN}}`)}); echo "$REPLY"` },
    {
      title: 'Keep the session',
      line: `USER_ID=$(echo "$REPLY" | ${field('objectId')}); SESSION=$(echo "$REPLY" | ${field('sessionToken')})`,
    },
    {
      title: 'Add a phone: a code goes there',
      line: post('/challenge', '{"challengeData":{"otp":{"phone":"+15551234567"}}}', SESSION),
    },
    { title: 'Read the code in the outbox', line: code },
    { title: 'Confirm the phone with it', line: put('{"authData":{"otp":{"phone":"+15551234567","code":"$CODE"}}}') },
    tryPassword,
    {
      title: 'Add an e-mail address in the same way',
      line: post('/challenge', '{"challengeData":{"email":{"email":"ann@example.com"}}}', SESSION),
    },
    { title: 'Read the code', line: code },
    { title: 'Confirm the address', line: put('{"authData":{"email":{"email":"ann@example.com","code":"$CODE"}}}') },
    {
      title: 'Add an authenticator app: type the secret into it',
      line: `REPLY=$(${post('/challenge', '{"challengeData":{"totp":true}}', SESSION)}); echo "$REPLY" | ${field('secret')}`,
    },
    { title: 'Confirm with the code that the app shows', line: `read -p 'Code: ' CODE; ${put('{"authData":{"totp":"$CODE"}}')}` },
    { title: 'Ask for a code by e-mail', line: post('/challenge', `{${LOGIN},"challengeData":{"email":true}}`) },
    { title: 'Read it', line: code },
    {
      title: 'Log in with password and code',
      line: `curl -s -X POST ${url}/parse/login ${APP} -d "{${LOGIN.replaceAll('"', '\\"')},\\"authData\\":{\\"email\\":\\"$CODE\\"}}"`,
    },
    {
      title: 'Or with the next code of the app; keep this session',
      line: `read -p 'Code: ' CODE; REPLY=$(curl -s -X POST ${url}/parse/login ${APP} -d "{${LOGIN.replaceAll('"', '\\"')},\\"authData\\":{\\"totp\\":\\"$CODE\\"}}"); echo "$REPLY"; SESSION=$(echo "$REPLY" | ${field('sessionToken')})`,
    },
    {
      title: 'Trust this device: it was just logged in with a factor',
      line: `TOKEN=$(${put('{"authData":{"device":{"remember":"true","name":"This shell"}}}')} | ${field('token')}); echo $TOKEN`,
    },
    {
      title: 'Log in on it: its token stands in for a code, and is renewed',
      line: `curl -s -X POST ${url}/parse/login ${APP} -d "{${LOGIN.replaceAll('"', '\\"')},\\"authData\\":{\\"device\\":{\\"token\\":\\"$TOKEN\\"}}}"`,
    },
    {
      title: 'Prove it is you once more: ask for a code by e-mail',
      line: post('/challenge', '{"challengeData":{"email":true}}', SESSION),
    },
    { title: 'Read the code', line: code },
    { title: 'Answer it: for five minutes this session is fresh', line: put('{"authData":{"email":"$CODE"}}') },
    { title: 'Make recovery codes: they are shown once', line: put('{"authData":{"recovery":{"generate":"true"}}}') },
    {
      title: 'Without any password: a code goes to an address, known or not',
      line: post('/challenge', '{"challengeData":{"emailLogin":{"email":"bob@example.com"}}}'),
    },
    { title: 'Read the code', line: code },
    {
      title: 'It signs up; the next one logs in',
      line: `curl -s -X POST ${url}/parse/users ${APP} -d "{\\"authData\\":{\\"emailLogin\\":{\\"id\\":\\"bob@example.com\\",\\"code\\":\\"$CODE\\"}}}"`,
    },
  ];
}
