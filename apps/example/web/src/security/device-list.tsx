import { ActionButton } from '../components/action-button.js';
import { FaultNote } from '../components/fault-note.js';
import { client } from '../parse-app.js';
import { useAction } from '../use-action.js';

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
  const action = useAction();
  const end = async (id: string, name: string): Promise<void> => {
    await client.distrustDevice(id);
    await onChange(`${name} is no longer trusted.`);
  };
  return (
    <>
      <ul className="things">
        {list.map(({ id, name = 'Device', addedAt, expiresAt }) => (
          <li key={id}>
            <strong>{name}</strong>
            <p className="hint">
              Trusted since {new Date(addedAt).toLocaleDateString()}, until {new Date(expiresAt).toLocaleDateString()}
            </p>
            <div className="buttons">
              <ActionButton action={action} kind="danger" work={() => end(id, name)} label={`Revoke: ${name}`}>
                Revoke
              </ActionButton>
            </div>
          </li>
        ))}
      </ul>
      {list.length > 1 && (
        <div className="buttons">
          <ActionButton action={action} kind="danger" work={() => end('all', 'Every device')}>
            Revoke all devices
          </ActionButton>
        </div>
      )}
      <FaultNote fault={action.fault} />
    </>
  );
}
