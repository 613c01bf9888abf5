import { expect, it } from 'vitest';
import type { Channel } from '@parse-factors/core/channel';
import { StandIn } from '../../../test-server/src/provider-stand-in.js';
import { expectDiscreet, faultOf, SECRET, WORDS } from './provider-suite.js';

interface ReachCase {
  readonly make: (options: { readonly baseUrl: string; readonly timeoutMs?: number }) => Pick<Channel, 'reach'>;
  /** The path of a message. */
  readonly path: string;
}

/** That a channel or a verifier tries its provider without sending anything, and without credentials. */
export function describeReach({ make, path }: ReachCase, api: StandIn, baseUrl: () => string): void {
  const signal = (): AbortSignal => new AbortController().signal;
  const reach = (url = baseUrl(), timeoutMs = 30_000, outer = signal()): Promise<void> | undefined =>
    make({ baseUrl: url, timeoutMs }).reach?.(outer);

  it.each([200, 204, 301, 401, 403, 404, 405, 429, 500])(
    'reaches a provider that answers %i, by one empty request',
    async (status) => {
      api.answer = { status, body: '', headers: { Location: '/elsewhere' } };
      await expect(reach()).resolves.toBeUndefined();
      expect(api.received).toMatchObject([{ method: 'HEAD', path, body: '' }]);
      expect(JSON.stringify(api.received)).not.toContain(SECRET);
      expect(api.received[0]?.headers).not.toHaveProperty('authorization');
    },
  );

  it('does not reach a provider that is gone, is silent, or closes the connection', async () => {
    const gone = new StandIn();
    const closed = await gone.start();
    gone.stop();
    const fault = await faultOf(Promise.resolve(reach(closed)));
    expect(fault).toMatchObject({ code: 'ECONNREFUSED' });
    expectDiscreet(fault);
    api.answer = 'reset';
    expect((await faultOf(Promise.resolve(reach()))).message).not.toContain(WORDS);
    api.answer = 'hang';
    expect(await faultOf(Promise.resolve(reach(baseUrl(), 50)))).toMatchObject({ code: 'timeout' });
    const controller = new AbortController();
    api.onRequest = () => controller.abort();
    expect(await faultOf(Promise.resolve(reach(baseUrl(), 30_000, controller.signal)))).toMatchObject({ code: 'timeout' });
    api.onRequest = () => undefined;
    await api.allGivenUp();
  });
}
