import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { outbox } from '@parse-factors/core';
import { afterEach, describe, expect, it } from 'vitest';
import { servePages } from '../src/pages/serve-pages.js';
import type { Settings } from '../src/settings.js';

let server: Server | undefined;
afterEach(() => server?.close());

interface Reply {
  readonly status: number | undefined;
  readonly location: string | undefined;
  readonly body: string;
}

/** Starts the pages as they are with these settings; gives what asks for a path under a host's name. */
async function start(settings: Pick<Settings, 'host' | 'origins'>, boxes = [outbox({ name: 'email' })]) {
  const listening = createServer((incoming, response) =>
    pages(incoming, response, () => response.writeHead(404).end('handed on')),
  );
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as AddressInfo;
  const pages = servePages(`http://localhost:${port}`, boxes, { ...settings, port } as Settings);
  const get = (path: string, host = `localhost:${port}`, method = 'GET'): Promise<Reply> =>
    new Promise((resolve, reject) => {
      // Paths go as they are; fetch would tidy them.
      const sent = request({ port, path, method, headers: { Host: host } }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode, location: response.headers.location, body }));
      });
      sent.once('error', reject).end();
    });
  return { get, port };
}

describe('a server of this machine only', () => {
  it.each(['127.0.0.1', 'localhost', '::1', '127.0.0.2'])('listening at %s is reached under its own names only', async (host) => {
    const { get, port } = await start({ host, origins: ['https://acme.example', 'android:apk-key-hash:x'] });
    for (const path of ['/', '/outbox.json', '/tour', '/parse/users', '/graphql']) {
      for (const name of [
        'evil.example',
        `evil.example:${port}`,
        `localhost:${port}.evil.example`,
        'localhost',
        `localhost:${port + 1}`,
      ])
        expect([path, name, (await get(path, name)).status]).toEqual([path, name, 421]);
    }
    expect((await get('/outbox.json')).status).toBe(200);
    expect((await get('/outbox.json', 'acme.example')).status).toBe(200); // behind a proxy
  });

  it('sends a browser that came by its address to its name, which passkeys need', async () => {
    const { get, port } = await start({ host: '127.0.0.1', origins: [] });
    for (const name of [`127.0.0.1:${port}`, `[::1]:${port}`])
      expect(await get('/sign-up?x=1', name)).toMatchObject({ status: 307, location: `http://localhost:${port}/sign-up` });
    expect((await get('/outbox.json', `127.0.0.1:${port}`)).status).toBe(200);
    expect((await get('/parse/health', `127.0.0.1:${port}`)).body).toBe('handed on');
  });
});

it('a server of all machines is reached under every name', async () => {
  const { get } = await start({ host: '0.0.0.0', origins: [] });
  expect((await get('/outbox.json', 'acme.example')).status).toBe(200);
});

it('nothing but its pages is served, however a path is written', async () => {
  const { get } = await start({ host: '127.0.0.1', origins: [] });
  const paths = [
    '/../package.json',
    '/assets/../../server.js',
    '/assets/..%2f..%2fserver.js',
    '//etc/passwd',
    '/.data/secrets.json',
  ];
  for (const path of [...paths, '/__proto__', '/constructor', '/outbox/', '/outbox/0', '/index.html', '/assets/'])
    expect([path, (await get(path)).body]).toEqual([path, 'handed on']);
  for (const method of ['POST', 'PUT', 'DELETE']) expect((await get('/', undefined, method)).body).toBe('handed on');
});

it('a mail is found under an id that says nothing, and gone with its message', async () => {
  const box = outbox({ name: 'email' });
  const { get } = await start({ host: '127.0.0.1', origins: [] }, [box]);
  await box.notify?.({ to: 'ann@example.com', subject: 'Hello', text: 'Hello', html: '<p>Hello', signal: AbortSignal.abort() });
  const [shown] = JSON.parse((await get('/outbox.json')).body) as { id: string; isHtml: boolean }[];
  expect(shown).toMatchObject({ id: expect.stringMatching(/^[0-9a-f]{16}$/), isHtml: true });
  expect((await get(`/outbox/${shown?.id}`)).body).toBe('<p>Hello');
  box.messages.length = 0;
  expect((await get(`/outbox/${shown?.id}`)).body).toBe('handed on');
});
