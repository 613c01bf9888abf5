import type { ReactNode } from 'react';
import { FaultNote } from './fault-note.js';
import type { Action } from '../use-action.js';

/** The properties of {@link Form}. */
export interface FormProps {
  readonly action: Action;
  readonly submit: string;
  readonly onSubmit: () => Promise<unknown>;
  readonly children: ReactNode;
  /** More buttons, beside the submit button. */
  readonly buttons?: ReactNode;
}

/** A form with its fields, its buttons and the last error. The Enter key submits it. */
export function Form({ action, submit, onSubmit, children, buttons }: FormProps) {
  return (
    <form
      aria-busy={action.isBusy}
      onSubmit={(event) => {
        event.preventDefault();
        void action.run(onSubmit);
      }}
    >
      {children}
      <div className="buttons">
        <button type="submit" className="primary" aria-disabled={action.isBusy}>
          {submit}
        </button>
        {buttons}
      </div>
      <FaultNote fault={action.fault} />
    </form>
  );
}
