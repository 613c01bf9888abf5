import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ComposeOptions } from '@parse-factors/core';
import { meteredStore } from '@parse-factors/metrics';
import { prometheus } from '@parse-factors/metrics/prometheus';
import { startStageOn } from '@parse-factors/e2e/stage';
import { sqlOf } from '@parse-factors/test-server/database/postgres-rows';

/** A request to the load server, which runs in its own process. */
export type LoadServerRequest = { readonly ask: 'advance' } | { readonly ask: 'state' };

/** A message of the load server. */
export type LoadServerReply =
  | { readonly url: string }
  | { readonly to: string; readonly code: string }
  /** Bytes in use after a garbage collection, and rows of the store. */
  | { readonly heap: number; readonly rows: number };

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const tell = (reply: LoadServerReply): void => void process.send?.(reply);

const unlimited = { maxSendsPerIp: 1_000_000, maxSendsPer10Minutes: 100, maxSendsPerDay: 1000 };
const [, , postgres = '', setting = '', endpoint = ''] = process.argv;
const has = (name: string): boolean => setting === name || setting === 'all';
const isEveryEvent = setting === 'every-event';
/** As in docs/run/webhooks.md. */
const SENT_EVENTS = ['enrolled', 'replaced', 'removed', 'reset', 'locked', 'new_device', 'password_reset'] as const;
const metrics = prometheus({ factors: ['emailLogin'] });

/** What an operator has switched on. */
const operation: Partial<ComposeOptions> = {
  onEvent: has('metrics') ? metrics.onEvent : () => undefined,
  ...(has('metrics') && { store: ({ inDatabase }) => meteredStore(inDatabase(), metrics) }),
  ...(has('events') && { eventLog: { keepDays: 30 } }),
  ...((has('webhook') || isEveryEvent) && {
    webhook: {
      url: endpoint,
      secrets: [`whsec_${randomBytes(32).toString('base64')}`],
      maxQueued: 100_000,
      ...(!isEveryEvent && { events: SENT_EVENTS }),
    },
  }),
};

const stage = await startStageOn(postgres, {
  install: setting === 'all' ? { adminFunctions: true, dashboard: true } : true,
  emailLogin: { channel: ({ to, code }) => tell({ to, code }), ...unlimited },
  compose: operation,
  server: { trustProxy: true },
});
process.on('message', ({ ask }: LoadServerRequest) => {
  if (ask === 'advance') {
    stage.time.now += 61_000; // longer than the cooldown
    return;
  }
  collect();
  void sqlOf(stage)
    .query<{ rows: string }>('select count(*) as rows from "FactorState"')
    .then(({ rows: [row] }) => tell({ heap: process.memoryUsage().heapUsed, rows: Number(row?.rows) }));
});
process.on('disconnect', () => process.exit());
tell({ url: stage.url });
