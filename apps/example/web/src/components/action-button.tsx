import type { ReactNode, Ref } from 'react';
import type { Action } from '../use-action.js';

/** A button that does something; not twice at a time. It keeps the focus while it does. */
export function ActionButton({
  action,
  work,
  children,
  kind = '',
  label,
  ref,
}: {
  readonly action: Action;
  readonly work: () => Promise<unknown>;
  readonly children: ReactNode;
  readonly kind?: '' | 'danger' | 'plain' | 'primary';
  /** What it is called where its text says too little by itself. */
  readonly label?: string;
  readonly ref?: Ref<HTMLButtonElement>;
}) {
  return (
    <button
      ref={ref}
      type="button"
      className={kind}
      aria-disabled={action.isBusy}
      aria-label={label}
      onClick={() => void action.run(work)}
    >
      {children}
    </button>
  );
}
