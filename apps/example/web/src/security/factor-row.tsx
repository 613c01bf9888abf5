import { useState, type ReactNode } from 'react';
import { factorName } from '../factor-names.js';
import { ActionButton } from '../components/action-button.js';
import { FaultNote } from '../components/fault-note.js';
import { Row } from '../components/row.js';
import { client } from '../parse-app.js';
import { useAction } from '../use-action.js';
import { useReturnFocus } from '../use-return-focus.js';
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

/** Shows one factor: its state, and buttons to add, replace and remove it. */
export function FactorRow({
  factor,
  state,
  guarded,
  onChange,
  many = false,
  children,
}: RowProps & {
  /** The text for a factor that is set up. Undefined for one that is not. */
  readonly state: string | undefined;
  /** Whether the user can set up this factor more than once. */
  readonly many?: boolean;
  readonly children?: ReactNode;
}) {
  const action = useAction();
  const [isOpen, setOpen] = useState(false);
  const opener = useReturnFocus(isOpen);
  const { name } = factorName(factor);
  const isOn = state !== undefined;
  const [add, removeAll] = [isOn && !many ? 'Replace' : 'Add', many ? 'Remove all' : 'Remove'];
  const remove = async (): Promise<void> => {
    await guarded(() => client.remove(factor));
    await onChange(`${name} removed.`);
  };
  const done = (): void => {
    setOpen(false);
    void action.run(() => onChange(`${name} set up.`));
  };
  return (
    <Row name={name} state={state ?? 'Off'} isOn={isOn}>
      {children}
      {isOpen ? (
        <SetUp factor={factor} port={guardedPort(guarded)} onDone={done} onCancel={() => setOpen(false)} />
      ) : (
        <>
          <div className="buttons own">
            <button ref={opener} type="button" aria-label={`${add}: ${name}`} onClick={() => setOpen(true)}>
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
