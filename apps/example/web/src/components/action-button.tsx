import type { ReactNode, Ref } from 'react';
import type { Action } from '../use-action.js';

/** A button that runs an action, once at a time. It keeps the focus while the action runs. */
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
  /** A longer name for screen readers, for buttons whose text is not clear on its own. */
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
