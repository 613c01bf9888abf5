import type { Content } from './content.js';
import { tour } from './tour.js';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .75rem; border-radius: .4rem; background: color-mix(in srgb, CanvasText 8%, Canvas); font-size: .85rem; }
li { margin-bottom: 1rem; }
`;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

/** `/tour`: the tour as shell commands, one for each step. */
export const tourPage = (url: string): Content => ({
  type: 'text/html; charset=utf-8',
  body: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>parse-factors with curl</title><link rel="stylesheet" href="/tour.css"></head>
<body><h1>parse-factors with curl</h1>
<p>Users of this Parse Server log in with their password <em>and</em> a code. The code comes by SMS, by email or from an authenticator app.</p>
<ul><li>REST: <code>${escape(url)}/parse</code>, application id <code>example</code></li>
<li>GraphQL: <code>${escape(url)}/graphql</code></li>
<li><a href="/outbox">Outbox</a>: the messages that the server has sent (<a href="/outbox.json">as JSON</a>)</li>
<li><a href="/">Try the same flow in a browser</a></li></ul>
<h2>Run these commands in order</h2>
<ol>${tour(url)
    .map(({ title, line }) => `<li>${escape(title)}<pre><code>${escape(line)}</code></pre></li>`)
    .join('')}</ol></body></html>`,
});

/** `/tour.css`: the style sheet of the tour. */
export const tourStyle = (): Content => ({ type: 'text/css; charset=utf-8', body: STYLE });
