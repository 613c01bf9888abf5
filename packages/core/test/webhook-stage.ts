import { webhookSecret } from '@parse-factors/test-server/webhook-endpoint';
import type { EventRecords } from '../src/account/event-ports.js';
import { Webhook } from '../src/events/webhook/webhook.js';
import { resolveWebhook, type WebhookOptions } from '../src/events/webhook/webhook-options.js';
import { systemRandom } from '../src/crypto/random.js';
import type { FactorEvent, FactorEventType } from '../src/factor/factor-event.js';
import { fakeClock, type FakeClock } from '../../testing/src/fake-clock.js';
import { MemoryWebhookQueue } from './memory-webhook-queue.js';

export const SECRET: string = webhookSecret();

/** A webhook with a queue in memory. */
export interface WebhookStage {
  readonly clock: FakeClock;
  readonly queue: MemoryWebhookQueue;
  readonly records: EventRecords;
  readonly webhook: Webhook;
  /** What the listener was told. */
  readonly told: FactorEvent[];
  /** What the event log was told. */
  readonly logged: FactorEvent[];
  /** Whether a server runs; true at first. */
  isRunning: boolean;
  /** Lets an event happen. */
  emit(type?: FactorEventType, userId?: string): Promise<void>;
}

/** Makes a webhook for an endpoint. A second one may share the queue and the clock. */
export function webhookStage(
  options: Partial<WebhookOptions> & Pick<WebhookOptions, 'url'>,
  { clock = fakeClock(), queue = new MemoryWebhookQueue() }: Partial<Pick<WebhookStage, 'clock' | 'queue'>> = {},
): WebhookStage {
  const [told, logged]: [FactorEvent[], FactorEvent[]] = [[], []];
  const records: EventRecords = { webhookQueue: queue, logEvent: async (event) => void logged.push(event) };
  const runtime = {
    clock,
    random: systemRandom,
    eventLog: true,
    onEvent: (event: FactorEvent) => void told.push(event),
    later: (work: Promise<unknown>) => void work.catch(() => undefined),
  };
  const webhook = new Webhook(resolveWebhook({ secrets: [SECRET], ...options }), {
    runtime: () => runtime,
    running: () => (stage.isRunning ? records : undefined),
  });
  const stage: WebhookStage = {
    clock,
    queue,
    records,
    webhook,
    told,
    logged,
    isRunning: true,
    emit: async (type = 'enrolled', userId = 'u1') =>
      webhook.accept({ type, factor: 'totp', userId, purpose: 'enrolment', ip: '192.0.2.7', at: clock() }, records),
  };
  return stage;
}
