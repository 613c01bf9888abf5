import type { Bridge } from '../bridge.js';
import type { ServerConfig } from '../server/running-server.js';
import { bridged } from '../server/server.js';
import type { Finding } from './finding.js';
import { HOUR_MS } from '../../time/durations.js';

/** Finds events that have waited for the webhook for an hour or longer: four tries have failed, or no server tries. */
export async function waitingEvents(bridge: Bridge, config: ServerConfig): Promise<readonly Finding[]> {
  const { webhook, clock } = bridge.runtime;
  if (webhook === undefined) return [];
  const { webhookQueue } = bridged(bridge, { config }).server;
  if (!(await webhookQueue.hasWaitedSince(clock() - HOUR_MS))) return [];
  const sentence =
    'Events have waited for the webhook for more than an hour. Check that the URL answers with a status of 2xx, and that the servers can reach it.';
  return [{ reason: 'webhook_waiting', factor: '', sentence }];
}
