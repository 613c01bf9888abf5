import type { Destination, SentBy } from '@parse-factors/client';
import { factorName } from '../factor-names.js';
import type { Action } from '../use-action.js';
import { ActionButton } from './action-button.js';
import { FaultNote } from './fault-note.js';

/** A factor to choose, or one of its addresses. */
export interface FactorChoice {
  /** The key of the factor. */
  readonly key: string;
  /** The id of the address, if there are several. */
  readonly id?: string;
  /** The masked address that receives the codes. Undefined if there is none or it is not known. */
  readonly destination?: string | undefined;
}

/** The choices of a factor: each of its addresses if there are several, otherwise the factor. */
export const choicesOf = (key: string, destination?: string, several: readonly Destination[] = []): readonly FactorChoice[] =>
  several.length > 1 ? several.map((each) => ({ key, ...each })) : [{ key, destination }];

/** What a request for a code sends: the id of the chosen address, if there are several, and the chosen way. */
export function payloadOf({ id }: FactorChoice, by: SentBy): true | Readonly<Record<string, string>> {
  const chosen = { ...(id !== undefined && { id }), ...by };
  return Object.keys(chosen).length === 0 ? true : chosen;
}

/** The properties of {@link FactorChoices}. */
export interface FactorChoicesProps {
  readonly choices: readonly FactorChoice[];
  readonly action: Action;
  readonly onChoose: (choice: FactorChoice) => Promise<void>;
}

/** Shows a button for each choice, and the last error. */
export function FactorChoices({ choices, action, onChoose }: FactorChoicesProps) {
  return (
    <>
      <div className="choices">
        {choices.map((choice) => (
          <ActionButton key={`${choice.key} ${choice.id}`} action={action} work={() => onChoose(choice)}>
            {factorName(choice.key).ask}
            {choice.destination !== undefined && <span className="hint">{choice.destination}</span>}
          </ActionButton>
        ))}
      </div>
      <FaultNote fault={action.fault} />
    </>
  );
}
