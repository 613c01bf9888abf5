import type { Runtime } from '../../account/runtime.js';
import type { Finding } from './finding.js';

/** Finds channels that cannot reach their provider now. All are tried at the same time, for ten seconds at most. Sends nothing. */
export async function unreachableChannels({ factors }: Pick<Runtime, 'factors'>): Promise<readonly Finding[]> {
  const tried = Object.entries(factors).map(async ([factor, { unreached }]): Promise<readonly Finding[]> =>
    ((await unreached?.()) ?? []).map(({ channel, fault }): Finding => {
      const sentence = `"${factor}" cannot reach the provider of its channel "${channel}" from this server: ${fault}. Users get no codes by it. Check the provider's status page, and the DNS, firewall, proxy and credentials of this server.`;
      return { reason: 'channel_unreachable', factor, sentence };
    }),
  );
  return (await Promise.all(tried)).flat();
}
