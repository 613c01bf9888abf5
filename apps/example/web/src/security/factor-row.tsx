import { useState } from 'react';
import { factorName } from '../factor-names.js';
import { ActionButton } from '../components/action-button.js';
import { FaultNote } from '../components/fault-note.js';
import { Row } from '../components/row.js';
import { client, passkeys } from '../parse-app.js';
import { useAction } from '../use-action.js';
import { useReturnFocus } from '../use-return-focus.js';
import { AuthenticatorList, type ShownAuthenticator } from './authenticator-list.js';
import type { Guarded } from './fresh-proof.js';
import { SetUp } from './set-up.js';
import { SESSION_PORT, type SetUpPort } from './set-up-port.js';

/** The properties of every row on the security page. */
export interface RowProps {
  readonly factor: string;
  readonly guarded: Guarded;
  /** Loads the user's factors again, and announces what was done. */
  readonly onChange: (done: string) => Promise<void>;
}

/** Asks for a fresh proof (step-up) whenever the server requires one. */
const guardedPort = (guarded: Guarded): SetUpPort => ({
  enrol: (key, payload) => guarded(() => SESSION_PORT.enrol(key, payload)),
  confirm: (key, answer) => guarded(() => SESSION_PORT.confirm(key, answer)),
  register: (name) => guarded(() => SESSION_PORT.register(name)),
});

/** Shows one factor: its state, its authenticators, and buttons to add, replace and remove it. */
export function FactorRow({
  factor,
  state,
  guarded,
  onChange,
  list,
}: RowProps & {
  /** The text for a factor that is set up. Undefined for one that is not. */
  readonly state: string | undefined;
  /** The authenticators, if the user may have several. */
  readonly list?: readonly ShownAuthenticator[] | undefined;
}) {
  const action = useAction();
  const [opened, setOpened] = useState<{ readonly replaces?: string }>();
  const isOpen = opened !== undefined;
  const opener = useReturnFocus(isOpen);
  const { name } = factorName(factor);
  const [isOn, isMany] = [state !== undefined, list !== undefined];
  const [add, removeAll] = [isOn && !isMany ? 'Replace' : 'Add', isMany ? 'Remove all' : 'Remove'];
  const remove = async (): Promise<void> => {
    await guarded(() => client.remove(factor));
    await onChange(`${name} removed.`);
  };
  const close = (): void => setOpened(undefined);
  const done = (): void => {
    close();
    void action.run(() => onChange(`${name} set up.`));
  };
  return (
    <Row name={name} state={state ?? 'Off'} isOn={isOn}>
      {list !== undefined && list.length > 0 && (
        <AuthenticatorList
          factor={factor}
          list={list}
          port={factor === 'passkey' ? passkeys : client.authenticators(factor)}
          guarded={guarded}
          onChange={onChange}
          // The browser creates a passkey for a device, which has at most one. There is nothing to replace.
          onReplace={factor === 'passkey' ? undefined : (replaces): void => setOpened({ replaces })}
        />
      )}
      {isOpen ? (
        <SetUp factor={factor} port={guardedPort(guarded)} {...opened} onDone={done} onCancel={close} />
      ) : (
        <>
          <div className="buttons own">
            <button ref={opener} type="button" aria-label={`${add}: ${name}`} onClick={() => setOpened({})}>
              {add}
            </button>
            {isOn && (
              <ActionButton action={action} kind="danger" work={remove} label={`${removeAll}: ${name}`}>
                {removeAll}
              </ActionButton>
            )}
          </div>
          <FaultNote fault={action.fault} />
        </>
      )}
    </Row>
  );
}
