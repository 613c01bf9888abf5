import type { Fault } from '../error-messages.js';
import { clockOf, useNow } from '../use-now.js';

/** What went wrong, read out when it appears; its place is kept, so that nothing jumps. */
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

/** The time, with its day where that is not today. */
const momentOf = (at: Date): string =>
  at.toDateString() === new Date().toDateString() ? at.toLocaleTimeString() : at.toLocaleString();

/** The time is read out once, the seconds are only seen. */
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
