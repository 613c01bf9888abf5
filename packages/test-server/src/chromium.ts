import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core';

const PATH = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** Whether tests can have a browser. */
export function hasChromium(): boolean {
  const found = existsSync(PATH);
  if (!found) process.stdout.write('skipped: there is no Chromium (apt-get install chromium, or set CHROMIUM_PATH)\n');
  return found;
}

/** The Chromium of this machine, without a window. */
export const launchChromium = (): Promise<Browser> => chromium.launch({ executablePath: PATH, args: ['--no-sandbox'] }); // without it, it does not run as root

/** A page of these scripts that is served at `http://localhost`, on a port of its own. */
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

/** Gives a page an authenticator that agrees to everything at once, as a phone's own does with its owner's finger. */
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
