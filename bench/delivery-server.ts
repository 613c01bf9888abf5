import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A mail provider in a process of its own, so that its time is not measured. It accepts every message. */
const server = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"id":"1"}'));
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
