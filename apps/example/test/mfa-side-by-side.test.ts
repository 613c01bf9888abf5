import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import type { Answer } from '../../../tools/parse-server.js';
import { MOBILE, OTHER_SECRET, pass, SECRET, startBuiltIn, startCompat, totp, type MfaRig } from './mfa-rig.js';

/** What a client can tell of an answer: that it is let in or served, or the sentence of the refusal without our slug. */
const told = ({ status, body }: Answer): string =>
  status < 300 ? 'ok' : String(body['error']).replace(/^[a-z]+(?:_[a-z]+)*: /, '').replace(/ Please retry after .*/, '');

interface Behaviour {
  readonly name: string;
  readonly run: (rig: MfaRig) => Promise<unknown>;
  /** What both adapters give. */
  readonly same?: unknown;
  /** What each gives, and why. */
  readonly differs?: { readonly builtIn: unknown; readonly ours: unknown; readonly because: string };
}

const BEHAVIOURS: readonly Behaviour[] = [
  {
    name: 'sets up an authenticator with the secret of the client, and gives two recovery codes of 30 characters, once',
    run: async (rig) => {
      const person = await rig.signUp();
      const { status, body } = await rig.save(person, { secret: SECRET, token: totp(SECRET) });
      const { mfa } = body['authDataResponse'];
      return [status, Object.keys(mfa as object), String(mfa.recovery).replaceAll(/[0-9A-Za-z]{30}/g, 'code'), await rig.shown(person)];
    },
    same: [200, ['recovery'], 'code, code', { status: 'enabled' }],
  },
];

describe.each([
  ['the built-in adapter', 'builtIn', startBuiltIn],
  ['mfaCompat', 'ours', startCompat],
] as const)('%s', (_name, which, start) => {
  let rig: MfaRig;
  beforeAll(async () => {
    rig = await start(inject('postgres'));
  });
  afterAll(() => rig.stop());
  let tests = 0;
  const startedAt = Date.now();
  beforeEach(() => {
    tests += 1;
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(startedAt + tests * 24 * 3_600_000);
  });
  afterEach(() => vi.useRealTimers());

  it.each(BEHAVIOURS)('$name', async ({ run, same, differs }) => {
    expect(await run(rig)).toEqual(differs === undefined ? same : differs[which]);
  });
});
void [MOBILE, OTHER_SECRET, pass, told];
