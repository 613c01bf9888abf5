import type { Fault } from '../error-messages.js';
import { clockOf, useNow } from '../use-now.js';

/** Shows an error. Screen readers read it out. The space is reserved, so that the page does not jump. */
export function FaultNote({ fault }: { readonly fault: Fault | undefined }) {
  return (
    <div className="fault" role="alert">
      {fault !== undefined && (
        <p>
          {fault.text} {fault.retryAt !== undefined && <RetryAt at={fault.retryAt} />}
        </p>
      )}
    </div>
  );
}

/** The time, with the date unless it is today. */
const momentOf = (at: Date): string =>
  at.toDateString() === new Date().toDateString() ? at.toLocaleTimeString() : at.toLocaleString();

/** Screen readers read the time once. The countdown is only visible. */
function RetryAt({ at }: { readonly at: Date }) {
  const left = at.getTime() - useNow(at.getTime());
  if (left <= 0) return 'You can try again now.';
  return (
    <>
      Try again at {momentOf(at)}
      <span aria-hidden="true" className="ticking">
        {' '}
        (in {clockOf(left)})
      </span>
      .
    </>
  );
}
