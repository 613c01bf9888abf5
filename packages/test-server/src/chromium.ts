import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core';

const PATH = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Whether this machine has a Chromium. Writes a line to stdout if not. */
export function hasChromium(): boolean {
  const found = existsSync(PATH);
  if (!found) process.stdout.write('skipped: there is no Chromium (apt-get install chromium, or set CHROMIUM_PATH)\n');
  return found;
}

/** Launches this machine's Chromium without a window. */
// Chromium needs it to run as root
export const launchChromium = (): Promise<Browser> => chromium.launch({ executablePath: PATH, args: ['--no-sandbox'] });

/** A page served at `http://localhost`, on its own port. */
export interface ServedPage {
  readonly origin: string;
  readonly server: Server;
}

/** Serves one HTML page at every path. */
export async function servePage(html: string): Promise<ServedPage> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, server };
}

/**
 * Adds a virtual authenticator to a page. It approves every request at once, like a phone that recognises its user's finger.
 */
export async function addAuthenticator(page: Page): Promise<{ readonly cdp: CDPSession; readonly authenticatorId: string }> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { cdp, authenticatorId };
}
