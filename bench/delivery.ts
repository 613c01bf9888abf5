import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { resend } from '@parse-factors/channels/resend';
import type { Delivery } from '@parse-factors/core/channel';
import { median, type Result } from './measure.js';

const SENDS = 500;
const ROUNDS = 7;
const BOUND_MS = 1;

const message: Omit<Delivery, 'signal'> = {
  to: 'ann@example.com',
  subject: '123456 is your code',
  text: '123456 is your code to sign in. It is valid for 10 minutes. Never share it with anyone.',
  html: `<p>${'123456 is your code to sign in. '.repeat(40)}</p>`,
  code: '123456',
  expiresAt: Date.now() + 600_000,
  validMinutes: 10,
  purpose: 'sign-in',
  locale: 'en',
  user: undefined,
};

/** Runs the work one after another. Returns the processor's time of one, in milliseconds. */
async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  for (let send = 0; send < SENDS; send += 1) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / SENDS;
}

/** Measures the processor's time that a message to a provider costs, beside a bare request with the same body. */
export async function benchDelivery(): Promise<Result[]> {
  const provider = fork(fileURLToPath(new URL('./delivery-server.ts', import.meta.url)));
  try {
    const [port] = (await once(provider, 'message')) as [number];
    const baseUrl = `http://127.0.0.1:${port}`;
    const channel = resend({ apiKey: 're_bench', from: 'codes@acme.example', baseUrl });
    const ours = (): Promise<number> => processorTime(() => channel.send({ ...message, signal: new AbortController().signal }));
    const bare = (): Promise<number> =>
      processorTime(async () => {
        const body = JSON.stringify(message);
        const headers = { 'Content-Type': 'application/json' };
        await (await fetch(`${baseUrl}/emails`, { method: 'POST', headers, body })).json();
      });
    await ours();
    await bare();
    const times: [number, number][] = [];
    for (let round = 0; round < ROUNDS; round += 1) times.push([await ours(), await bare()]);
    return [
      { name: 'processor time of a message, in ms', ratio: median(times.map(([own]) => own)), bound: BOUND_MS },
      {
        name: 'processor time of a message / of a bare request',
        ratio: median(times.map(([own, other]) => own / other)),
        bound: null,
      },
    ];
  } finally {
    provider.kill();
  }
}
