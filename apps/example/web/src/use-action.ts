import { useRef, useState } from 'react';
import { explain, isSessionEnded, type Fault } from './error-messages.js';
import { useSession } from './session.js';

/** Something that a person does and the server answers. */
export interface Action {
  readonly isBusy: boolean;
  /** What went wrong the last time. */
  readonly fault: Fault | undefined;
  /** Does it, unless it is being done. Never rejects. */
  run(work: () => Promise<unknown>): Promise<void>;
}

/** One thing at a time, and what went wrong with it. */
export function useAction(): Action {
  const { end } = useSession();
  const [state, setState] = useState<{ readonly isBusy: boolean; readonly fault?: Fault | undefined }>({ isBusy: false });
  // A second click comes before the button is drawn anew.
  const isUnderWay = useRef(false);
  const run = async (work: () => Promise<unknown>): Promise<void> => {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    setState({ isBusy: true });
    try {
      await work();
      setState({ isBusy: false });
    } catch (fault) {
      setState({ isBusy: false, fault: explain(fault) });
      if (isSessionEnded(fault)) end();
    } finally {
      isUnderWay.current = false;
    }
  };
  return { isBusy: state.isBusy, fault: state.fault, run };
}
