import type { Clock } from '../../time/clock.js';
import type { Finding } from './finding.js';
import type { SelfCheck } from './self-check.js';
import { MINUTE_MS } from '../../time/durations.js';

/** A check in the security report of Parse Server. */
export interface SecurityCheck {
  /** What the check is about. */
  readonly title: string;
  /** What is wrong if it fails. */
  readonly warning: string;
  /** What to do then. */
  readonly solution: string;
  /** `none` before the group has run. */
  checkState(): 'none' | 'success' | 'fail';
}

/** A class for Parse Server's option `security.checkGroups`, which makes an instance for each report. */
export type SecurityCheckGroup = new () => {
  name(): string;
  checks(): readonly SecurityCheck[];
  run(): void;
};

type Result = Omit<SecurityCheck, 'checkState'> & { readonly isFine?: true };

const TITLE = 'Self-check of the factors';

/**
 * Returns the group. Parse Server makes its report without awaiting any check. So a report shows the findings of the last
 * self-check, and starts the next one.
 */
export function checkGroup(selfCheck: SelfCheck, clock: Clock): SecurityCheckGroup {
  let [begunAt, hasFailed] = [Number.NEGATIVE_INFINITY, false];
  const checkAgain = (): void => {
    // It queries the database. `abs`, as a clock may be set back.
    if (Math.abs(clock() - begunAt) < MINUTE_MS) return;
    begunAt = clock();
    selfCheck.run().then(
      () => (hasFailed = false),
      () => (hasFailed = true),
    );
  };
  return class FactorCheckGroup {
    readonly #results = hasFailed ? [FAILED] : resultsOf(selfCheck.last);
    #hasRun = false;

    name(): string {
      return 'Factors';
    }

    checks(): readonly SecurityCheck[] {
      return this.#results.map(({ isFine = false, ...result }) => ({
        ...result,
        checkState: () => (!this.#hasRun ? 'none' : isFine ? 'success' : 'fail'),
      }));
    }

    run(): void {
      this.#hasRun = true;
      checkAgain();
    }
  };
}

const UNKNOWN: Result = {
  title: TITLE,
  warning: 'It has not run yet since the server has started.',
  solution: 'Reload this report in a few seconds.',
};

const FAILED: Result = { title: TITLE, warning: 'It could not read the database.', solution: 'Check the database, and reload.' };

const FINE: Result = { title: TITLE, warning: '', solution: '', isFine: true };

function resultsOf(findings: readonly Finding[] | undefined): readonly Result[] {
  if (findings === undefined) return [UNKNOWN];
  return findings.length === 0 ? [FINE] : findings.map(resultOf);
}

/** The last sentence of a finding says what to do. */
function resultOf({ reason, factor, sentence }: Finding): Result {
  const end = sentence.lastIndexOf('. ') + 1;
  const words = reason.replaceAll('_', ' ');
  const title = `${words.slice(0, 1).toUpperCase()}${words.slice(1)}${factor === '' ? '' : `: ${factor}`}`;
  return { title, warning: sentence.slice(0, end), solution: sentence.slice(end).trim() };
}
