import { useState } from 'react';
import { factorName } from '../factor-names.js';
import { ActionButton } from '../components/action-button.js';
import { FaultNote } from '../components/fault-note.js';
import { Row } from '../components/row.js';
import { client } from '../parse-app.js';
import { useAction } from '../use-action.js';
import { useReturnFocus } from '../use-return-focus.js';
import type { RowProps } from './factor-row.js';
import { RecoveryCodes } from './recovery-codes.js';

/** Shows how many recovery codes are left, with buttons to create new ones and to remove them. */
export function RecoveryRow({
  factor,
  guarded,
  onChange,
  remaining,
  mayHave,
}: RowProps & {
  /** How many codes are left. Undefined if the user has none. */
  readonly remaining: string | undefined;
  /** Whether the user has a second factor, which recovery codes require. */
  readonly mayHave: boolean;
}) {
  const action = useAction();
  const [codes, setCodes] = useState<readonly string[]>();
  const opener = useReturnFocus(codes !== undefined);
  const { name } = factorName(factor);
  const isOn = remaining !== undefined;
  const make = async (): Promise<void> => {
    setCodes(await guarded(() => client.recoveryCodes(factor)));
    await onChange('New recovery codes created.');
  };
  const remove = async (): Promise<void> => {
    await guarded(() => client.remove(factor));
    await onChange(`${name} removed.`);
  };
  const state = isOn
    ? `${remaining} left`
    : mayHave
      ? 'None'
      : 'Recovery codes replace a second factor when you lose it. Set up a second factor first.';
  return (
    <Row name={name} state={state} isOn={isOn}>
      {codes !== undefined && (
        <RecoveryCodes codes={codes} onKept={() => setCodes(undefined)}>
          <p>Store them in a safe place. You cannot see them again. Older recovery codes no longer work.</p>
        </RecoveryCodes>
      )}
      {codes === undefined && mayHave && (
        <div className="buttons own">
          <ActionButton ref={opener} action={action} work={make}>
            {isOn ? 'Create new recovery codes' : 'Create recovery codes'}
          </ActionButton>
          {isOn && (
            <ActionButton action={action} kind="danger" work={remove} label={`Remove: ${name}`}>
              Remove
            </ActionButton>
          )}
        </div>
      )}
      <FaultNote fault={action.fault} />
    </Row>
  );
}
