import { useState } from 'react';
import { ActionButton } from '../components/action-button.js';
import { CancelButton } from '../components/cancel-button.js';
import { FaultNote } from '../components/fault-note.js';
import { Field } from '../components/field.js';
import { Form } from '../components/form.js';
import { factorName } from '../factor-names.js';
import { useAction } from '../use-action.js';
import { useReturnFocus } from '../use-return-focus.js';
import type { Guarded } from './fresh-proof.js';

/** One of several authenticators of a factor, such as a passkey, as the server lists it. */
export interface ShownAuthenticator {
  readonly id: string;
  readonly name: string;
  readonly addedAt?: string;
  readonly usedAt?: string;
  readonly synced?: boolean;
  readonly destination?: string;
}

/** The requests that change one authenticator. */
export interface AuthenticatorPort {
  readonly rename: (id: string, name: string) => Promise<void>;
  readonly remove: (id: string) => Promise<void>;
}

interface ListProps {
  readonly factor: string;
  readonly list: readonly ShownAuthenticator[];
  readonly port: AuthenticatorPort;
  readonly guarded: Guarded;
  readonly onChange: (done: string) => Promise<void>;
  /** Sets one up in place of another. Undefined if the factor cannot do that. */
  readonly onReplace?: ((id: string) => void) | undefined;
}

/** Lists the authenticators of a factor, with buttons to rename, replace and remove each. The last one goes with the factor. */
export function AuthenticatorList({ list, ...rest }: ListProps) {
  return (
    <ul className="things">
      {list.map((shown) => (
        <Item key={shown.id} shown={shown} isLast={list.length === 1} {...rest} />
      ))}
    </ul>
  );
}

interface ItemProps extends Omit<ListProps, 'list'> {
  readonly shown: ShownAuthenticator;
  readonly isLast: boolean;
}

/** What is known of an authenticator, in one sentence. */
function detailsOf({ addedAt, usedAt, synced, destination }: ShownAuthenticator): string {
  const parts = [
    destination ?? '',
    addedAt === undefined ? '' : `added ${new Date(addedAt).toLocaleDateString()}`,
    usedAt === undefined ? '' : `last used ${new Date(usedAt).toLocaleString()}`,
    synced === true ? 'synced across your devices' : '',
  ];
  const text = parts.filter((part) => part !== '').join(', ');
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function Item({ factor, shown, isLast, port, guarded, onChange, onReplace }: ItemProps) {
  const { id, name } = shown;
  const action = useAction();
  const [isNaming, setNaming] = useState(false);
  const opener = useReturnFocus(isNaming);
  const remove = async (): Promise<void> => {
    await guarded(() => port.remove(id));
    await onChange(`${name} removed.`);
  };
  const rename = async (next: string): Promise<void> => {
    await port.rename(id, next);
    await onChange(`${factorName(factor).name} renamed.`);
    setNaming(false);
  };
  return (
    <li>
      <strong>{name}</strong>
      <p className="hint">{detailsOf(shown)}</p>
      {isNaming ? (
        <Rename before={name} onRename={rename} onCancel={() => setNaming(false)} />
      ) : (
        <div className="buttons">
          <button ref={opener} type="button" aria-label={`Rename ${name}`} onClick={() => setNaming(true)}>
            Rename
          </button>
          {onReplace !== undefined && (
            <button type="button" aria-label={`Replace ${name}`} onClick={() => onReplace(id)}>
              Replace
            </button>
          )}
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
  readonly before: string;
  readonly onRename: (name: string) => Promise<void>;
  readonly onCancel: () => void;
}

function Rename({ before, onRename, onCancel }: RenameProps) {
  const action = useAction();
  const [name, setName] = useState(before);
  return (
    <Form action={action} submit="Rename" onSubmit={() => onRename(name)} buttons={<CancelButton onCancel={onCancel} />}>
      <Field label="New name" name="new-name" autoFocus autoComplete="off" maxLength={64} value={name} onChange={setName} />
    </Form>
  );
}
