import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that run for long; which those are, Vitest knows only where it has run before. */
const LONGEST = [
  'factor-suites many-servers mfa-attacks mfa-side-by-side malformed defined-factor start passkey-attacks own-factor',
  'guessing server-options attacks fields-attacks',
].flatMap((names) => names.split(' ').map((name) => `${name}.test.ts`));

/** Runs the longest files first, so that no worker waits for one at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.indexOf(basename(moduleId));
      return place === -1 ? LONGEST.length : place;
    };
    const sorted = await super.sort(files); // oxlint-disable-line unicorn/no-array-sort -- Vitest's, no array's
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
