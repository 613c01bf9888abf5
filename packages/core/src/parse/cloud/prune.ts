import { DEVICE_MS } from '../../account/devices/known-device.js';
import { pruneStore } from '../../store/prune-store.js';
import type { Bridge } from '../bridge.js';
import { DeviceTable } from '../database/device-table.js';
import type { HookConfig } from '../parse-types.js';

/** Deletes expired rows of the store, and devices that were not used for 180 days. Returns how many rows of the store. */
export async function prune(bridge: Bridge, config: HookConfig): Promise<number> {
  const now = bridge.runtime.clock();
  if (bridge.runtime.rememberDevices) await new DeviceTable(config.appId, config.database).prune(now - DEVICE_MS);
  return pruneStore(bridge.storeFor(config), now);
}
