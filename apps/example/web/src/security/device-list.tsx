import { EndingList } from '../components/ending-list.js';
import { client } from '../parse-app.js';

/** A trusted device, as the server lists it. */
export interface ShownDevice {
  readonly id: string;
  readonly name?: string;
  readonly addedAt: string;
  readonly usedAt?: string;
  readonly expiresAt: string;
}

/** Lists the trusted devices, with a button to revoke each one. */
export function DeviceList({
  list,
  onChange,
}: {
  readonly list: readonly ShownDevice[];
  readonly onChange: (done: string) => Promise<void>;
}) {
  const end = async (id: string, name: string): Promise<void> => {
    await client.distrustDevice(id);
    await onChange(`${name} is no longer trusted.`);
  };
  const shown = list.map(({ id, name = 'Device', addedAt, expiresAt }) => ({
    id,
    title: name,
    hint: `Trusted since ${new Date(addedAt).toLocaleDateString()}, until ${new Date(expiresAt).toLocaleDateString()}`,
    name,
    end: () => end(id, name),
  }));
  return <EndingList list={shown} verb="Revoke" all={{ text: 'Revoke all devices', work: () => end('all', 'Every device') }} />;
}
