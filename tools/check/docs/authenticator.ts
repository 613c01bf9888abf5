import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SoftAuthenticator } from '@parse-factors/e2e/soft-authenticator';

/** Answers a passkey's options for lines of the shell: post a reply that contains them, and get the credential as JSON. */
export interface AuthenticatorServer {
  readonly url: string;
  stop(): void;
}

/** The options, wherever in a reply they are. */
function optionsIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { options } = value as { readonly options?: unknown };
  if (typeof options === 'string') return options;
  return Object.values(value)
    .map(optionsIn)
    .find((found) => found !== undefined);
}

/** Starts one, for pages of an origin. */
export function startAuthenticator(origin: string): Promise<AuthenticatorServer> {
  const authenticator = new SoftAuthenticator(origin);
  const answer = (reply: string): string => {
    const options = optionsIn(JSON.parse(reply)) ?? '{}';
    const credential = options.includes('"pubKeyCredParams"') ? authenticator.create(options) : authenticator.get(options);
    // For a text within JSON; the first line says whose it is.
    return `${authenticator.handle}\n${JSON.stringify(credential).slice(1, -1)}`;
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.end(answer(Buffer.concat(chunks).toString())));
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ url: `http://127.0.0.1:${port}`, stop: () => void server.close() });
    });
  });
}
