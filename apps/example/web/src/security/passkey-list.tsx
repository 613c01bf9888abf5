import { useState } from 'react';
import { ActionButton } from '../components/action-button.js';
import { CancelButton } from '../components/cancel-button.js';
import { FaultNote } from '../components/fault-note.js';
import { Field } from '../components/field.js';
import { Form } from '../components/form.js';
import { passkeys } from '../parse-app.js';
import { useAction } from '../use-action.js';
import { useReturnFocus } from '../use-return-focus.js';
import type { Guarded } from './fresh-proof.js';

/** A passkey, as the server lists it. */
export interface ShownPasskey {
  readonly id: string;
  readonly name?: string;
  readonly addedAt: string;
  readonly usedAt?: string;
  readonly synced: boolean;
}

interface ListProps {
  readonly list: readonly ShownPasskey[];
  readonly guarded: Guarded;
  readonly onChange: (done: string) => Promise<void>;
}

/** Lists the passkeys of an account, with buttons to rename and remove each one. The last one goes with the whole factor. */
export function PasskeyList({ list, ...rest }: ListProps) {
  return (
    <ul className="things">
      {list.map((passkey) => (
        <Item key={passkey.id} passkey={passkey} isLast={list.length === 1} {...rest} />
      ))}
    </ul>
  );
}

interface ItemProps extends Omit<ListProps, 'list'> {
  readonly passkey: ShownPasskey;
  readonly isLast: boolean;
}

function Item({ passkey, isLast, guarded, onChange }: ItemProps) {
  const { id, name = 'Passkey', addedAt, usedAt, synced } = passkey;
  const action = useAction();
  const [isNaming, setNaming] = useState(false);
  const opener = useReturnFocus(isNaming);
  const remove = async (): Promise<void> => {
    await guarded(() => passkeys.remove(id));
    await onChange(`${name} removed.`);
  };
  return (
    <li>
      <strong>{name}</strong>
      <p className="hint">
        Added {new Date(addedAt).toLocaleDateString()}
        {usedAt !== undefined && `, last used ${new Date(usedAt).toLocaleString()}`}
        {synced && ', synced across your devices'}
      </p>
      {isNaming ? (
        <Rename passkey={passkey} onCancel={() => setNaming(false)} onDone={onChange} />
      ) : (
        <div className="buttons">
          <button ref={opener} type="button" aria-label={`Rename ${name}`} onClick={() => setNaming(true)}>
            Rename
          </button>
          {!isLast && (
            <ActionButton action={action} kind="danger" work={remove} label={`Remove ${name}`}>
              Remove
            </ActionButton>
          )}
        </div>
      )}
      <FaultNote fault={action.fault} />
    </li>
  );
}

interface RenameProps {
  readonly passkey: ShownPasskey;
  readonly onCancel: () => void;
  readonly onDone: (done: string) => Promise<void>;
}

function Rename({ passkey, onCancel, onDone }: RenameProps) {
  const action = useAction();
  const [name, setName] = useState(passkey.name ?? '');
  const rename = async (): Promise<void> => {
    await passkeys.rename(passkey.id, name);
    await onDone('Passkey renamed.');
    onCancel();
  };
  return (
    <Form action={action} submit="Rename" onSubmit={rename} buttons={<CancelButton onCancel={onCancel} />}>
      <Field label="New name" name="new-name" autoFocus autoComplete="off" maxLength={64} value={name} onChange={setName} />
    </Form>
  );
}
