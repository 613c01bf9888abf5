import type { ClientInfo, Server } from '../account/ports.js';
import type { Runtime } from '../account/runtime.js';
import { emitter } from '../events/event-dispatcher.js';
import type { HookConfig } from './parse-types.js';

/** The part of a server's configuration that is used here. */
interface ProxyConfig extends HookConfig {
  readonly trustProxy?: unknown;
  readonly loggerController?: { warn(message: string): void };
}

const SENTENCE =
  'A request has the header X-Forwarded-For, but Parse Server did not use it. Behind a proxy, all users then share one ' +
  "IP address and its limits. Set Parse Server's trustProxy, or app.set('trust proxy', …) on your own Express app. Without a " +
  'proxy, ignore this: a client sent the header.';

const warned = new WeakSet<Runtime>();

/** Whether `trustProxy` names the proxies, which the default does not. A client that bypasses a named proxy is not trusted. */
const namesProxies = (trustProxy: unknown): boolean =>
  Array.isArray(trustProxy) ? trustProxy.length > 0 : ['string', 'function'].includes(typeof trustProxy);

/** Whether a request has passed a proxy whose address Parse Server takes for the client's. */
export function isProxyCounted({ headers, ip }: ClientInfo, config: HookConfig): boolean {
  const forwarded = headers['x-forwarded-for'];
  if (forwarded === undefined || ip === undefined || namesProxies((config as ProxyConfig).trustProxy)) return false;
  const clients = String(forwarded)
    .split(',')
    .map((address) => address.trim());
  return !clients.includes(ip);
}

/**
 * Warns once for each `composeFactors` when rate limits per IP address seem to count a proxy in place of its clients.
 *
 * It compares the address and ignores `trustProxy`, which has no effect when an application mounts Parse Server on its own
 * Express app.
 */
export function warnOfProxy(runtime: Runtime, server: Server, client: ClientInfo, config: HookConfig): void {
  const { loggerController } = config as ProxyConfig;
  if (warned.has(runtime) || !isProxyCounted(client, config)) return;
  warned.add(runtime);
  loggerController?.warn(`parse-factors: proxy_not_trusted: ${SENTENCE}`);
  emitter(
    '',
    runtime,
    { client, server, hasMasterKey: false },
    undefined,
  )({ type: 'misconfigured', reason: 'proxy_not_trusted' });
}
