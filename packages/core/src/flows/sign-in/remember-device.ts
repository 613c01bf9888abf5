import { DEVICE_MS } from '../../account/devices/known-device.js';
import { deviceOf } from '../../account/devices/device-of.js';
import { PastSignIns } from '../../account/devices/past-sign-ins.js';
import type { AccountState, ServerRequest } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { emitter, emittingFaults } from '../../events/event-dispatcher.js';

/**
 * Notes the device that a login came from. A device that the user has not used for 180 days is an event, and a notice to the
 * user. The first device of all is neither. Where it fails, the login still succeeds: a device proves nothing.
 */
export async function rememberDevice(runtime: Runtime, request: ServerRequest, account: AccountState): Promise<void> {
  if (!runtime.rememberDevices) return;
  const { server, client, hasMasterKey } = request;
  const emit = emitter('', runtime, request, account);
  const now = runtime.clock();
  const since = now - DEVICE_MS;
  const at = { appId: server.appId, userId: account.id, client };
  const device = {
    id: deviceOf(runtime.keyring, at),
    usedAt: now,
    sealed: PastSignIns.seal(runtime, { ...at, ip: hasMasterKey ? undefined : client.ip }),
  };
  const note = async (): Promise<void> => {
    if (await server.devices.use(account.id, device, since)) return;
    const isFirst = (await server.devices.list(account.id)).length === 0; // a user who was away for long has had others
    const isAdded = await server.devices.add(account.id, device, since);
    if (isAdded && !isFirst) emit({ type: 'new_device', purpose: 'sign-in' });
  };
  await emittingFaults(emit, note).catch(() => undefined);
}
