import { factorName } from '../factor-names.js';
import type { Action } from '../use-action.js';
import { ActionButton } from './action-button.js';
import { FaultNote } from './fault-note.js';

/** What {@link FactorChoices} are made of. */
export interface FactorChoicesProps {
  /** The keys of the factors. */
  readonly keys: readonly string[];
  /** Where the codes of each go, masked, as far as that is known. */
  readonly destinationOf: (key: string) => string | undefined;
  readonly action: Action;
  readonly onChoose: (key: string) => Promise<void>;
}

/** A button for each factor that can be answered, and what went wrong. */
export function FactorChoices({ keys, destinationOf, action, onChoose }: FactorChoicesProps) {
  return (
    <>
      <div className="choices">
        {keys.map((key) => (
          <ActionButton key={key} action={action} work={() => onChoose(key)}>
            {factorName(key).ask}
            {destinationOf(key) !== undefined && <span className="hint">{destinationOf(key)}</span>}
          </ActionButton>
        ))}
      </div>
      <FaultNote fault={action.fault} />
    </>
  );
}
