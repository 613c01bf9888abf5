import { useRef, useState } from 'react';
import { errorMessageFor, isSessionEnded, type Fault } from './error-messages.js';
import { useSession } from './session.js';

/** A request to the server that the user has started. */
export interface Action {
  readonly isBusy: boolean;
  /** The error of the last run. */
  readonly fault: Fault | undefined;
  /** Runs `work`, unless another run is still under way. Never rejects. */
  run(work: () => Promise<unknown>): Promise<void>;
}

/** Runs one action at a time, and keeps the error of the last one. */
export function useAction(): Action {
  const { end } = useSession();
  const [state, setState] = useState<{ readonly isBusy: boolean; readonly fault?: Fault | undefined }>({ isBusy: false });
  // A second click can come before React has rendered the new state.
  const isUnderWay = useRef(false);
  const run = async (work: () => Promise<unknown>): Promise<void> => {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    setState({ isBusy: true });
    try {
      await work();
      setState({ isBusy: false });
    } catch (fault) {
      setState({ isBusy: false, fault: errorMessageFor(fault) });
      if (isSessionEnded(fault)) end();
    } finally {
      isUnderWay.current = false;
    }
  };
  return { isBusy: state.isBusy, fault: state.fault, run };
}
