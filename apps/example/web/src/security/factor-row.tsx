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

/** What every row of the security page is given. */
export interface RowProps {
  readonly factor: string;
  readonly guarded: Guarded;
  /** Looks again at what is set up, and says what was done. */
  readonly onChange: (done: string) => Promise<void>;
}

/** Each step asks for a fresh proof where the server does. */
const guardedPort = (guarded: Guarded): SetUpPort => ({
  enrol: (key, payload) => guarded(() => SESSION_PORT.enrol(key, payload)),
  confirm: (key, answer) => guarded(() => SESSION_PORT.confirm(key, answer)),
  register: (name) => guarded(() => SESSION_PORT.register(name)),
});

/** One factor: its state, and what can be done about it. */
export function FactorRow({
  factor,
  state,
  guarded,
  onChange,
  many = false,
  children,
}: RowProps & {
  /** What is said of it where it is set up; undefined where it is not. */
  readonly state: string | undefined;
  /** Whether there can be several. */
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
    await onChange(`${name}: removed.`);
  };
  const done = (): void => {
    setOpen(false);
    void action.run(() => onChange(`${name}: set up.`));
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
