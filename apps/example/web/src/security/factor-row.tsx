import { useState, type ReactNode } from 'react';
import { factorName } from '../factor-names.js';
import { ActionButton } from '../parts/action-button.js';
import { FaultNote } from '../parts/fault-note.js';
import { client } from '../parse-app.js';
import { useAction } from '../use-action.js';
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
  const { name } = factorName(factor);
  const isOn = state !== undefined;
  const port: SetUpPort = {
    enrol: (key, payload) => guarded(() => SESSION_PORT.enrol(key, payload)),
    confirm: (key, answer) => guarded(() => SESSION_PORT.confirm(key, answer)),
    register: (given) => guarded(() => SESSION_PORT.register(given)),
  };
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
        <SetUp factor={factor} port={port} onDone={done} onCancel={() => setOpen(false)} />
      ) : (
        <>
          <div className="buttons own">
            <button type="button" aria-label={`${isOn && !many ? 'Replace' : 'Add'}: ${name}`} onClick={() => setOpen(true)}>
              {isOn && !many ? 'Replace' : 'Add'}
            </button>
            {isOn && (
              <ActionButton action={action} kind="danger" work={remove} label={`Remove: ${name}`}>
                {many ? 'Remove all' : 'Remove'}
              </ActionButton>
            )}
          </div>
          <FaultNote fault={action.fault} />
        </>
      )}
    </Row>
  );
}

/** A name, a state, and what belongs to it. */
export function Row({
  name,
  state,
  isOn,
  children,
}: {
  readonly name: string;
  readonly state: string;
  readonly isOn: boolean;
  readonly children: ReactNode;
}) {
  return (
    <li className="row">
      <div className="head">
        <h3>{name}</h3>
        <p className={isOn ? 'state on' : 'state'}>{state}</p>
      </div>
      {children}
    </li>
  );
}
