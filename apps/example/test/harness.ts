import { inject } from 'vitest';
import { startStageOn, type Stage, type StageOptions } from './stage.js';

export type { Stage, StageOptions } from './stage.js';

/** Starts a {@link Stage} on the Postgres of the test run. */
export const startStage = (options?: StageOptions): Promise<Stage> => startStageOn(inject('postgres'), options);
