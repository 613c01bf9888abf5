import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { callFunction } from './call-function.js';

afterEach(() => vi.useRealTimers());

it.each([
  ['nothing', (): void => undefined],
  ['the beginning of a reply', (response: ServerResponse): unknown => response.writeHead(200).write('{"result":')],
])('a command gives up after two minutes on a server that sends %s', async (_what, reply) => {
  const server = createServer((_request, response) => {
    reply(response);
    server.emit('asked');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/parse`;
  const asked = once(server, 'asked');
  const outcome = callFunction('factorsCheck', { serverUrl, appId: 'app', masterKey: 'master' }, {}).then(
    () => 'answered',
    (fault: Error) => fault.message,
  );
  await asked;
  vi.advanceTimersByTime(119_000);
  expect(await Promise.race([outcome, Promise.resolve('waits')])).toBe('waits');
  vi.advanceTimersByTime(1000);
  expect(await outcome).toBe('The server does not answer: no answer in time');
  server.closeAllConnections();
  server.close();
});
