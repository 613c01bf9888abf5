import { Session, type Profiler } from 'node:inspector/promises';
import { startStageOn } from '@parse-factors/e2e/stage';
import type { Result } from './measure.js';

const PEOPLE = 20;
const FLOWS = 400;
const INTERVAL_US = 100;

/** Whose code a sample of the processor was taken in. The client of this benchmark runs in the same process, as `rest`. */
function ownerOf(url: string): 'ours' | 'driver' | 'Parse Server' | 'rest' {
  if (/\/packages\/(core|email-otp)\//.test(url)) return 'ours';
  const [, dependency = ''] = /.*\/node_modules\/([^/]+)/.exec(url) ?? [];
  if (/^(pg|postgres)/.test(dependency)) return 'driver';
  return dependency === '' || dependency === 'undici' ? 'rest' : 'Parse Server';
}

/** Adds up the time of each owner, in milliseconds. */
function split({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): ReadonlyMap<string, number> {
  const owners = new Map(
    nodes.map(({ id, callFrame }) => [id, callFrame.functionName === '(idle)' ? 'idle' : ownerOf(callFrame.url)]),
  );
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const owner = owners.get(id) ?? 'rest';
    times.set(owner, (times.get(owner) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  }
  return times;
}

/** Measures where the processor's time of a passwordless sign-in goes: asking for a code, and signing in with it. */
export async function benchCpu(postgres: string): Promise<Result[]> {
  const codes = new Map<string, string>();
  const stage = await startStageOn(postgres, {
    compose: { maxAttemptsPerIp: 1_000_000 },
    emailLogin: {
      channel: ({ to, code }) => void codes.set(to, code),
      maxSendsPerIp: 1_000_000,
      maxSendsPer10Minutes: 100,
      maxSendsPerDay: 1000,
    },
  });
  const signIn = async (flow: number): Promise<void> => {
    const email = `person${flow % PEOPLE}@example.com`;
    if (flow % PEOPLE === 0) stage.time.now += 11 * 60_000; // longer than the cooldown, and than the shorter window
    const asked = await stage.challenge({ challengeData: { emailLogin: { email } } });
    const { status } = await stage.call('POST', '/users', {
      authData: { emailLogin: { id: email, code: codes.get(email) ?? '' } },
    });
    if (asked.status !== 200 || status > 201) throw new Error(JSON.stringify([asked, status]));
  };
  for (let flow = 0; flow < FLOWS; flow += 1) await signIn(flow); // signs them up, and warms up
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  await session.post('Profiler.start');
  for (let flow = 0; flow < FLOWS; flow += 1) await signIn(flow);
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  await stage.stop();
  const times = split(profile);
  const perFlow = (owner: string): number => (times.get(owner) ?? 0) / FLOWS;
  return [
    ...['Parse Server', 'driver', 'ours'].map((owner) => ({
      name: `CPU milliseconds of a passwordless sign-in: ${owner}`,
      ratio: perFlow(owner),
      bound: null,
    })),
    { name: 'CPU of a passwordless sign-in: ours / Parse Server', ratio: perFlow('ours') / perFlow('Parse Server'), bound: 0.33 },
  ];
}
