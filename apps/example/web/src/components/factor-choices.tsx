import { factorName } from '../factor-names.js';
import type { Action } from '../use-action.js';
import { ActionButton } from './action-button.js';
import { FaultNote } from './fault-note.js';

/** The properties of {@link FactorChoices}. */
export interface FactorChoicesProps {
  /** The keys of the factors. */
  readonly keys: readonly string[];
  /** The masked address that receives the codes of a factor. Undefined if there is none or it is not known. */
  readonly destinationOf: (key: string) => string | undefined;
  readonly action: Action;
  readonly onChoose: (key: string) => Promise<void>;
}

/** Shows a button for each factor, and the last error. */
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
