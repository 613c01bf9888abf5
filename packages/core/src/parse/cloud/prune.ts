import { DEVICE_MS } from '../../account/devices/known-device.js';
import { pruneStore } from '../../store/prune-store.js';
import type { Bridge } from '../bridge.js';
import { classIncidents } from '../class-incidents.js';
import { DeviceTable } from '../database/device-table.js';
import { FACTOR_EVENT_CLASS, pruneEvents } from '../database/event-log.js';
import type { HookConfig } from '../parse-types.js';

/**
 * Deletes expired rows of the store, devices that were not used for 180 days, and events that have been kept long enough.
 * Returns how many rows of the store and events.
 */
export async function prune(bridge: Bridge, config: HookConfig): Promise<number> {
  const { clock, rememberDevices } = bridge.runtime;
  const now = clock();
  if (rememberDevices) await new DeviceTable(config.appId, config.database).prune(now - DEVICE_MS);
  return (await pruneStore(bridge.storeFor(config), now)) + (await pruneLog(bridge, config, now));
}

async function pruneLog({ runtime }: Bridge, { database }: HookConfig, now: number): Promise<number> {
  const { keepEventsMs } = runtime;
  if (keepEventsMs === undefined) return 0;
  return pruneEvents(database, now - keepEventsMs, classIncidents(runtime, database, FACTOR_EVENT_CLASS));
}
