import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Outbox, OutboxMessage } from '@parse-factors/core';
import { tour } from './flow.js';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .75rem; border-radius: .4rem; background: color-mix(in srgb, CanvasText 8%, Canvas); font-size: .85rem; }
li { margin-bottom: 1rem; } time, .to { color: color-mix(in srgb, CanvasText 70%, Canvas); }
`;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><link rel="stylesheet" href="/style.css"></head>
<body><h1>${escape(title)}</h1>${body}</body></html>`;

const home = (url: string): string =>
  page(
    'parse-factors: the example',
    `<p>A Parse Server whose users log in with their password <em>and</em> a code: by SMS, by e-mail or from an authenticator app.</p>
<ul><li>REST: <code>${escape(url)}/parse</code>, application id <code>example</code></li>
<li>GraphQL: <code>${escape(url)}/graphql</code></li>
<li><a href="/outbox">Outbox</a>: what was sent (<a href="/outbox.json">as JSON</a>)</li></ul>
<h2>The whole flow, line by line</h2>
<ol>${tour(url)
      .map(({ title, line }) => `<li>${escape(title)}<pre><code>${escape(line)}</code></pre></li>`)
      .join('')}</ol>`,
  );

const outboxPage = (messages: readonly OutboxMessage[]): string =>
  page(
    'Outbox',
    messages.length === 0
      ? '<p>Nothing has been sent yet. Messages that go out by a real channel do not appear here.</p>'
      : `<ol reversed>${messages
          .toReversed()
          .map(
            ({ channel, to, text, sentAt }) =>
              `<li><span class="to">${escape(channel)} to ${escape(to)}, <time>${escape(sentAt)}</time></span><br>${escape(text)}</li>`,
          )
          .join('')}</ol>`,
  );

interface Content {
  readonly type: string;
  readonly body: string;
}

/** Names under which a server of this machine is called; any other may be a page that had its name point here. */
const LOCAL_HOSTS = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/**
 * Serves the example's pages; hands everything else on.
 *
 * @param isLocal whether only this machine is to be served
 */
export function servePages(url: string, outboxes: readonly Outbox[], isLocal: boolean) {
  const messages = (): OutboxMessage[] =>
    outboxes.flatMap((box) => box.messages).toSorted((a, b) => a.sentAt.localeCompare(b.sentAt));
  const html = (body: string): Content => ({ type: 'text/html; charset=utf-8', body });
  const pages: Readonly<Record<string, () => Content>> = {
    '/': () => html(home(url)),
    '/outbox': () => html(outboxPage(messages())),
    '/outbox.json': () => ({
      type: 'application/json; charset=utf-8',
      body: JSON.stringify(messages().map(({ channel, to, text, sentAt }) => ({ channel, to, text, sentAt }))),
    }),
    '/style.css': () => ({ type: 'text/css; charset=utf-8', body: STYLE }),
  };
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const [path = '/'] = (request.url ?? '/').split('?');
    const content =
      Object.hasOwn(pages, path) && (request.method === 'GET' || request.method === 'HEAD') ? pages[path] : undefined;
    if (content === undefined) return next();
    if (isLocal && !LOCAL_HOSTS.test(request.headers.host ?? '')) {
      response.writeHead(421).end();
      return;
    }
    const { type, body } = content();
    response.writeHead(200, {
      'Content-Type': type,
      'Cache-Control': 'no-store',
      'Content-Security-Policy':
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}
