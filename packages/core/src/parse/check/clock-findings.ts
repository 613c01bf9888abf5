import { faultName } from '../../error/fault-name.js';
import type { Bridge } from '../bridge.js';
import type { DatabaseInspection } from '../database/inspection/database-inspection.js';
import type { ServerConfig } from '../server/running-server.js';
import type { Finding } from './finding.js';

/** How far two clocks may differ, in milliseconds: an authenticator's code lasts 30 seconds, and one step either way is accepted. */
const MAX_CLOCK_MS = 10_000;

/**
 * Compares the clock of the server with that of the database, and with that of the store if it has one of its own. Servers share
 * them, so these clocks stand for those of the other servers.
 */
export async function clockFindings(
  bridge: Bridge,
  config: ServerConfig,
  inspection: DatabaseInspection | undefined,
): Promise<readonly Finding[]> {
  const { clock } = bridge.runtime;
  const compare = async (other: string, timeOf: () => Promise<number | undefined>): Promise<readonly Finding[]> => {
    const before = clock();
    const theirs = await timeOf();
    return theirs === undefined ? [] : differing(other, Math.max(before - theirs, theirs - clock()));
  };
  const store = bridge.storeFor(config);
  return (
    await Promise.all([
      compare('the database', async () => inspection?.time()),
      compare('the store of codes', async () => store.time?.()).catch(unreachable),
    ])
  ).flat();
}

/** Only a store with a clock of its own is asked: each other one is the database, or cannot be asked without a change. */
function unreachable(fault: unknown): readonly Finding[] {
  const { cause = fault } = fault instanceof Error ? fault : {};
  const sentence = `The store of codes does not answer: ${faultName(cause)}. Every step of a factor then fails with "unavailable". Start the store, and check that this server reaches it.`;
  return [{ reason: 'store_unreachable', factor: '', sentence }];
}

function differing(other: string, apart: number): readonly Finding[] {
  if (apart <= MAX_CLOCK_MS) return [];
  const sentence = `The clocks of the server and of ${other} differ by ${Math.round(apart / 1000)} seconds. Authenticator codes are then refused, and limits end at the wrong time. Sync all clocks with NTP.`;
  return [{ reason: 'clocks_differ', factor: '', sentence }];
}
