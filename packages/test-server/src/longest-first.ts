import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { testTags } from './test-tags.js';

const { sort: inVitestsOrder } = BaseSequencer.prototype;

/**
 * Runs test files tagged `@slow` first, so that no worker waits for one at the end. The others keep Vitest's order: by the
 * durations of an earlier run, or by size.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await inVitestsOrder.call(this, files);
    const isSlow = new Map(sorted.map((file) => [file, testTags(file.moduleId).has('@slow')]));
    return [...sorted.filter((file) => isSlow.get(file) === true), ...sorted.filter((file) => isSlow.get(file) !== true)];
  }
}
