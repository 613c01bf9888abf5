import type { EventRecords } from '../../account/event-ports.js';
import type { Runtime } from '../../account/runtime.js';
import type { Bridge } from '../bridge.js';
import { eventRecords } from '../class-incidents.js';
import { hasClosed } from '../database/has-closed.js';
import type { HookConfig } from '../parse-types.js';
import { runningServer } from '../server/running-server.js';

/** Sends the events that are due. Returns how many; 0 without a webhook. */
export const deliverWebhooks = async ({ runtime }: Bridge, { database }: HookConfig): Promise<number> =>
  (await runtime.webhook?.deliverDue(eventRecords(runtime, database))) ?? 0;

/** Returns where the running server records events; undefined while none runs. */
export function runningRecords(auth: Readonly<Record<string, unknown>>, runtime: Runtime): EventRecords | undefined {
  const server = runningServer(auth);
  return server === undefined || hasClosed(server.database.adapter) ? undefined : eventRecords(runtime, server.database);
}
