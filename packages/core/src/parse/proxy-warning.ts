import { emitter } from '../events/event-dispatcher.js';
import type { AskedRequest } from '../flows/factor-context.js';
import type { FactorRuntime } from '../flows/runtime.js';
import { ipOf } from './client-ip.js';
import type { HookConfig } from './parse-types.js';

/** The part of a server's configuration that is used here. */
interface ProxyConfig extends HookConfig {
  readonly trustProxy?: unknown;
  readonly loggerController?: { warn(message: string): void };
}

const SENTENCE =
  'A request came with the header X-Forwarded-For, but its IP address was not taken from it. Behind a proxy, all users share one ' +
  "IP address and its limits: set Parse Server's trustProxy, or app.set('trust proxy', …) on your own Express app. Without a " +
  'proxy, a client sent the header itself.';

const warned = new WeakSet<FactorRuntime>();

/** Names of proxies, of which Parse Server's default has none: the header of a client that comes past them is not believed. */
const namesProxies = (trustProxy: unknown): boolean =>
  Array.isArray(trustProxy) ? trustProxy.length > 0 : ['string', 'function'].includes(typeof trustProxy);

/**
 * Warns once for each `composeFactors` when limits per IP address seem to count a proxy in place of its clients. It looks at
 * the address and not at `trustProxy`, which has no effect where an application mounts Parse Server on its own Express app.
 */
export function warnOfProxy(runtime: FactorRuntime, request: AskedRequest): void {
  const { trustProxy, headers, loggerController } = request.config as ProxyConfig;
  const forwarded = headers?.['x-forwarded-for'];
  const ip = ipOf(runtime.clientIp, request);
  if (forwarded === undefined || ip === undefined || warned.has(runtime) || namesProxies(trustProxy)) return;
  const clients = String(forwarded)
    .split(',')
    .map((address) => address.trim());
  if (clients.includes(ip)) return;
  warned.add(runtime);
  loggerController?.warn(`parse-factors: proxy_not_trusted: ${SENTENCE}`);
  emitter('', runtime, request, undefined)({ type: 'misconfigured', reason: 'proxy_not_trusted' });
}
