import type { ReactNode } from 'react';
import { useAction } from '../use-action.js';
import { ActionButton } from './action-button.js';
import { FaultNote } from './fault-note.js';

/** A thing that the user can end, such as a session. */
export interface Ending {
  readonly id: string;
  readonly title: ReactNode;
  readonly hint: ReactNode;
  /** Its name, for screen readers; undefined for a thing that has no button. */
  readonly name: string | undefined;
  readonly end: () => Promise<void>;
}

/**
 * Lists things that the user can end, with a button for each one, and one button more if there are several.
 *
 * @param verb the text of each button
 * @param all the text of the last button, and what it does
 */
export function EndingList({
  list,
  verb,
  all,
}: {
  readonly list: readonly Ending[];
  readonly verb: string;
  readonly all: { readonly text: string; readonly work: () => Promise<void> };
}) {
  const action = useAction();
  return (
    <>
      <ul className="things">
        {list.map(({ id, title, hint, name, end }) => (
          <li key={id}>
            <strong>{title}</strong>
            <p className="hint">{hint}</p>
            {name !== undefined && (
              <div className="buttons">
                <ActionButton action={action} kind="danger" work={end} label={`${verb}: ${name}`}>
                  {verb}
                </ActionButton>
              </div>
            )}
          </li>
        ))}
      </ul>
      {list.length > 1 && (
        <div className="buttons">
          <ActionButton action={action} kind="danger" work={all.work}>
            {all.text}
          </ActionButton>
        </div>
      )}
      <FaultNote fault={action.fault} />
    </>
  );
}
