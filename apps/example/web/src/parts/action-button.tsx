import type { ReactNode } from 'react';
import type { Action } from '../use-action.js';

/** A button that does something; not twice at a time. */
export function ActionButton({
  action,
  work,
  children,
  kind = '',
  label,
}: {
  readonly action: Action;
  readonly work: () => Promise<unknown>;
  readonly children: ReactNode;
  readonly kind?: '' | 'danger' | 'plain' | 'primary';
  /** What it is called where its text says too little by itself. */
  readonly label?: string;
}) {
  return (
    <button type="button" className={kind} disabled={action.isBusy} aria-label={label} onClick={() => void action.run(work)}>
      {children}
    </button>
  );
}
