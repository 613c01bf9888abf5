import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Outbox } from '@parse-factors/core';
import type { Content } from './content.js';
import { OutboxPages } from './outbox.js';
import type { Settings } from '../settings.js';
import { tourPage, tourStyle } from './tour-page.js';
import { readWebApp } from './web-app.js';

const PLAIN_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Matches addresses that only this machine can reach. */
const LOCAL = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/;

/**
 * The `Host` headers that a server on a local address accepts. Any other name may belong to a page that points its own
 * name at this machine to read the outbox (DNS rebinding). Undefined when the server listens on a public address.
 */
function hostsOf({ host, port, origins }: Settings): readonly string[] | undefined {
  if (!LOCAL.test(host)) return undefined;
  const own = ['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${port}`);
  return [...own, ...origins.filter((origin) => /^https?:/.test(origin)).map((origin) => new URL(origin).host)];
}

/**
 * Middleware that serves the pages of the example, and passes every other request on to Parse Server.
 *
 * @param url the address of the server, without a path
 */
export function servePages(url: string, outboxes: readonly Outbox[], settings: Settings) {
  const hosts = hostsOf(settings);
  const outbox = new OutboxPages(outboxes);
  const app = readWebApp(settings);
  const made: ReadonlyMap<string, () => Content> = new Map([
    ['/tour', () => tourPage(url)],
    ['/tour.css', tourStyle],
    ['/outbox.json', () => outbox.list()],
  ]);
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const [path = '/'] = (request.url ?? '/').split('?');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const { host = '' } = request.headers;
    if (hosts?.includes(host) === false) {
      response.writeHead(421).end();
      return;
    }
    // Passkeys work on a host name, not on an IP address.
    if (isRead && app.has(path) && /^(?:127|\[)/.test(host)) {
      response.writeHead(307, { Location: `${url}${path}` }).end();
      return;
    }
    const content = isRead ? (made.get(path)?.() ?? app.get(path) ?? outbox.mail(path)) : undefined;
    if (content === undefined) return next();
    const { status = 200, type, body, policy = PLAIN_POLICY, cache = 'no-store' } = content;
    response.writeHead(status, {
      'Content-Type': type,
      'Cache-Control': cache,
      'Content-Security-Policy': policy,
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}
