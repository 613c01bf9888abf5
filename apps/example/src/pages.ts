import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Outbox } from '@parse-factors/core';
import type { Content } from './content.js';
import { OutboxPages } from './outbox-pages.js';
import { tourPage, tourStyle } from './tour-page.js';
import { readWebApp } from './web-app.js';

const PLAIN_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Names under which a server of this machine is called; any other may be a page that had its name point here. */
const LOCAL_HOSTS = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/**
 * Serves the example's pages; hands everything else on.
 *
 * @param isLocal whether only this machine is to be served
 */
export function servePages(url: string, outboxes: readonly Outbox[], isLocal: boolean) {
  const outbox = new OutboxPages(outboxes);
  const app = readWebApp();
  const made: ReadonlyMap<string, () => Content> = new Map([
    ['/tour', () => tourPage(url)],
    ['/tour.css', tourStyle],
    ['/outbox.json', () => outbox.list()],
  ]);
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const [path = '/'] = (request.url ?? '/').split('?');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const content = isRead ? (made.get(path)?.() ?? app.get(path) ?? outbox.mail(path)) : undefined;
    if (content === undefined) return next();
    if (isLocal && !LOCAL_HOSTS.test(request.headers.host ?? '')) {
      response.writeHead(421).end();
      return;
    }
    const { status = 200, type, body, policy = PLAIN_POLICY, cache = 'no-store' } = content;
    response.writeHead(status, {
      'Content-Type': type,
      'Cache-Control': cache,
      'Content-Security-Policy': policy,
      'Cross-Origin-Opener-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}
