import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../settings.js';
import type { Content } from './content.js';

/** The paths of the web app. All of them serve `index.html`; the app then shows the right page. */
const ROUTES = ['/', '/sign-up', '/forgot', '/recover', '/security', '/operator', '/outbox'];

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Allows what the app uses: scripts and styles of this server, QR codes as data URLs, and mails in frames. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const NOT_BUILT: Content = {
  status: 503,
  type: 'text/plain; charset=utf-8',
  body: 'The web app is not built yet. Run: npm run build\n',
};

/**
 * Reads the files that `vite build` has written, by their URL paths. All files are read at the start, so the path of
 * a request never reaches the file system.
 */
export function readWebApp(
  { asksForWork = false }: Partial<Pick<Settings, 'asksForWork'>> = {},
  folder: string = fileURLToPath(new URL('../../dist/web', import.meta.url)),
): ReadonlyMap<string, Content> {
  const read = (name: string): Content => ({
    type: TYPES[extname(name)] ?? 'application/octet-stream',
    body: readFileSync(join(folder, name)),
    policy: POLICY,
    // Vite puts a hash of the content into the names of these files.
    ...(name.startsWith('assets') && { cache: 'public, max-age=31536000, immutable' }),
  });
  if (!existsSync(join(folder, 'index.html'))) return new Map(ROUTES.map((path) => [path, NOT_BUILT]));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  const page = read('index.html');
  // The app reads this setting.
  const index = asksForWork ? { ...page, body: String(page.body).replace('<html', '<html data-proof-of-work="true"') } : page;
  return new Map([
    ...names.filter((name) => name !== 'index.html').map((name) => [`/${name.replaceAll('\\', '/')}`, read(name)] as const),
    ...ROUTES.map((path) => [path, index] as const),
  ]);
}
