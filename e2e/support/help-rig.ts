import { HelpCodeFactor } from '@parse-factors/core';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { type Stage, type StageOptions, startStage } from './harness.js';
import { MASTER } from './requests.js';

/** Starts a server whose administrators can issue help codes, besides every other backup authenticator. */
export const startHelpStage = (options: StageOptions = {}): Promise<Stage> =>
  startStage({
    install: { adminFunctions: true },
    ...options,
    more: {
      help: new HelpCodeFactor(),
      recovery: new RecoveryCodesFactor(),
      device: new TrustedDeviceFactor(),
      ...options.more,
    },
  });

/** Asks for a help code as an administrator. */
export const askForHelpCode = (stage: Stage, params: object, headers: Record<string, string> = MASTER): Promise<Answer> =>
  stage.call('POST', '/functions/factorsHelpCode', params, headers);

/** Issues a help code for a user. */
export async function issueHelpCode(stage: Stage, { id }: Pick<Person, 'id'>): Promise<string> {
  const { status, body } = await askForHelpCode(stage, { userId: id });
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return String(body['result'].code);
}
