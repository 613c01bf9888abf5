import Bowser from 'bowser';
import type { Keyring } from '../../crypto/keyring.js';
import { networkOf } from '../../validation/ip-network.js';
import type { ClientInfo } from '../account-state.js';

const MAX_USER_AGENT = 256;

/** Returns what the client calls itself, 256 characters at most; undefined if it says nothing. Any client can say anything. */
export const userAgentOf = ({ headers }: Pick<ClientInfo, 'headers'>): string | undefined =>
  [headers['user-agent']].flat()[0]?.slice(0, MAX_USER_AGENT);

/** The names of browsers and systems that are known, so that no client can put words of its own into a message. */
const NAMES: ReadonlySet<string> = new Set([...Object.values(Bowser.BROWSER_MAP), ...Object.values(Bowser.OS_MAP)]);

/** Returns the names of the browser and the system, such as `Chrome, Windows`; undefined if neither is known. */
export function deviceName(userAgent: string | undefined): string | undefined {
  if (userAgent === undefined || userAgent === '') return undefined;
  const { browser, os } = Bowser.parse(userAgent);
  const known = [browser.name, os.name].filter((name) => name !== undefined && NAMES.has(name));
  return known.length === 0 ? undefined : known.join(', ');
}

/** The client that signs in to an account of an application. */
export interface SigningIn {
  readonly appId: string;
  readonly userId: string;
  readonly client: ClientInfo;
}

/**
 * Returns a keyed digest of the device, in hexadecimal digits.
 *
 * A device is an installation of the SDK. A client without one is told by its browser, its system and its network.
 */
export function deviceOf(keyring: Keyring, { appId, userId, client }: SigningIn): string {
  const { installationId, ip = '' } = client;
  const device =
    installationId === undefined
      ? ['client', deviceName(userAgentOf(client)) ?? '', ip === '' ? '' : networkOf(ip)]
      : ['installation', installationId];
  const digest = keyring.stableDigest('device', appId, userId, ...device);
  return Buffer.from(digest.slice(digest.indexOf('.') + 1), 'base64url').toString('hex');
}
