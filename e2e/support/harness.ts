import { inject } from 'vitest';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { parseServerMajor } from '@parse-factors/test-server/parse-server-home';
import { startStageOn, type Stage, type StageOptions } from './stage.js';

export type { Stage, StageOptions } from './stage.js';

/** Starts a {@link Stage} on the database server of the test run. */
export const startStage = (options?: StageOptions): Promise<Stage> => startStageOn(inject('database'), options);

/** The slug of the error that was answered. */
export const slug = ({ body }: Answer): string => String(body['error']).split(':')[0] ?? '';

/**
 * What a login shows of a factor that shows this elsewhere: Parse Server 8 does not say whose factor it is, and so
 * nothing that is sealed can be shown.
 */
export const shownAtLogin = (status: Readonly<Record<string, string>>): object =>
  parseServerMajor === 8 ? { status: status['status'] } : status;
