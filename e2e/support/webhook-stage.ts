import {
  composeFactors,
  FACTOR_WEBHOOK_CLASS,
  type CloudRequest,
  type ComposedFactors,
  type ComposeOptions,
  type WebhookOptions,
} from '@parse-factors/core';
import { webhookSecret } from '@parse-factors/test-server/webhook-endpoint';
import { TotpFactor } from '@parse-factors/totp';
import { startStage, type Stage, type StageOptions } from './harness.js';
import { MASTER } from './requests.js';
import { countRows } from './rows.js';

/** The secret of every webhook. */
export const SECRET: string = webhookSecret();

/** All work that no reply waits for. */
export const background: Promise<unknown>[] = [];

/** Waits for all work that no reply waits for. */
export async function settled(): Promise<void> {
  while (background.length > 0) await Promise.all(background.splice(0));
}

/** Part of the server's own `Parse`. */
interface CloudCode {
  readonly Cloud: { define(name: string, work: (request: CloudRequest) => Promise<unknown>, validator: object): void };
}

const define = (name: string, factors: ComposedFactors): void => {
  const { Parse } = globalThis as unknown as { readonly Parse: CloudCode };
  Parse.Cloud.define(name, (request) => factors.deliverWebhooks(request), { requireMaster: true });
};

type Webhook = Partial<WebhookOptions> & Pick<WebhookOptions, 'url'>;

const composed = (webhook: Webhook): Pick<ComposeOptions, 'webhook' | 'eventLog' | 'waitUntil'> => ({
  webhook: { secrets: [SECRET], timeoutMs: 500, ...webhook },
  eventLog: true,
  waitUntil: (work) => background.push(work),
});

/** Starts a stage with a webhook, the event log and the guard. Its Cloud function `deliver` sends what is due. */
export async function startWebhookStage(webhook: Webhook, { compose, ...more }: StageOptions = {}): Promise<Stage> {
  const stage = await startStage({ ...more, compose: { ...composed(webhook), ...compose } });
  stage.factors.install();
  define('deliver', stage.factors);
  return stage;
}

/**
 * Composes the factors once more, as another server of the same application does: it shares the database, and nothing in memory.
 * Its Cloud function `deliverOther` sends what is due.
 */
export function composeOther({ keys, time }: Stage, webhook: Webhook): void {
  const factors = { totp: new TotpFactor({ issuer: 'Acme' }) };
  define('deliverOther', composeFactors({ keys, factors, clock: () => time.now, selfCheck: false, ...composed(webhook) }));
}

/** Sends what is due, and returns how many messages were sent. */
export const deliver = async (stage: Stage, by: 'deliver' | 'deliverOther' = 'deliver'): Promise<number> =>
  Number((await stage.call('POST', `/functions/${by}`, {}, MASTER)).body['result']);

/** Counts the messages that wait. */
export const waiting = (stage: Stage): Promise<number> => countRows(stage, FACTOR_WEBHOOK_CLASS);

/** The reasons of the events `webhook_failed`. */
export const failures = ({ events }: Stage): readonly unknown[] =>
  events.filter(({ type }) => type === 'webhook_failed').map(({ reason }) => reason);
