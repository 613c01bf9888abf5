import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';

type Reply = Readonly<Record<string, any>>; // oxlint-disable-line typescript/no-explicit-any

/** Starts the server of the root README, and sets an authenticator up and logs in with it; throws where that does not work. */
export async function readmeTour(file: string, url: string, env: Readonly<Record<string, string>>): Promise<void> {
  const said: string[] = [];
  const server = spawn(process.execPath, [file], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (data) => said.push(String(data)));
  try {
    await hasStarted(server, url);
    await tour(url);
  } catch (error) {
    throw new Error(`${file}: ${String(error)}\n${said.join('')}`, { cause: error });
  } finally {
    server.kill('SIGKILL');
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  }
}

async function hasStarted(server: ChildProcess, url: string): Promise<void> {
  for (let look = 0; look < 600; look += 1) {
    const isUp = await fetch(`${url}/health`).then(({ ok }) => ok, () => false); // prettier-ignore
    if (isUp) return;
    if (server.exitCode !== null) throw new Error(`ended with ${server.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('does not answer');
}

async function tour(url: string): Promise<void> {
  const call = async (method: string, path: string, body: object, session = ''): Promise<{ status: number; reply: Reply }> => {
    const headers = {
      'X-Parse-Application-Id': 'acme',
      'Content-Type': 'application/json',
      ...(session && { 'X-Parse-Session-Token': session }),
    };
    const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
    return { status: response.status, reply: (await response.json()) as Reply };
  };
  const expect = (step: string, isRight: boolean, answer: unknown): void => {
    if (!isRight) throw new Error(`${step}: ${JSON.stringify(answer)}`);
  };
  const person = { username: 'ann', password: 'a long password' };
  const signedUp = await call('POST', '/users', person);
  expect('sign up', signedUp.status === 201, signedUp);
  const { objectId, sessionToken } = signedUp.reply as { objectId: string; sessionToken: string };
  const begun = await call('POST', '/challenge', { challengeData: { totp: true } }, sessionToken);
  expect('begin', begun.status === 200, begun);
  const secret = String(begun.reply['challengeData'].totp.secret);
  const confirmed = await call('PUT', `/users/${objectId}`, { authData: { totp: totp(secret, 0) } }, sessionToken);
  expect('confirm', confirmed.status === 200, confirmed);
  const alone = await call('POST', '/login', person);
  expect('the password alone', alone.status === 400 && alone.reply['sessionToken'] === undefined, alone);
  const again = await call('POST', '/login', { ...person, authData: { totp: totp(secret, 0) } });
  expect('a code that was used', again.status === 400, again);
  const loggedIn = await call('POST', '/login', { ...person, authData: { totp: totp(secret, 1) } });
  expect('log in', loggedIn.status === 200 && typeof loggedIn.reply['sessionToken'] === 'string', loggedIn);
}

/** A code of RFC 6238, made without the packages. */
function totp(secret: string, stepsAhead: number): string {
  const bits = [...secret]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + stepsAhead));
  const digest = createHmac('sha1', key).update(counter).digest();
  const number = digest.readUInt32BE((digest.at(-1) ?? 0) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}
