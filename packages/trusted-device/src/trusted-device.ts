import type { FactorContext } from '@parse-factors/core/factor';
import { digestOf, matches, successorOf } from './device-token.js';

/** How long a replaced token still gets its successor: two tabs that log in at the same moment send the same token. */
const REPLACED_MS = 10_000;

/** A trusted device. */
export interface TrustedDevice {
  readonly id: string;
  /** The user's name for it. */
  readonly name: string;
  /** SHA-256 of the current secret. */
  readonly digest: string;
  /** SHA-256 of the installation that it is bound to; set by version 0.1 only. */
  readonly installation?: string;
  /** When it was first trusted, in epoch milliseconds. */
  readonly addedAt: number;
  /** When it was last used, in epoch milliseconds. */
  readonly usedAt: number;
  /** When the trust ends, in epoch milliseconds. */
  readonly expiresAt: number;
  /** The secret before the current one; undefined until the first login. */
  readonly replaced?: ReplacedSecret;
}

/** What is stored of a replaced secret, so that concurrent logins get the same successor. */
export interface ReplacedSecret {
  /** The SHA-256 of the replaced secret. */
  readonly digest: string;
  /** When it was replaced, in epoch milliseconds. */
  readonly at: number;
  /** Derives the current secret, together with the replaced one. */
  readonly nonce: string;
  /** SHA-256 of the installation that replaced it; undefined if the request named none. */
  readonly installation?: string;
}

/** Returns the digest of the requesting installation, as it is stored. */
export const installationOf = ({ installationId }: Pick<FactorContext, 'installationId'>): { readonly installation?: string } =>
  installationId === undefined ? {} : { installation: digestOf(installationId) };

/** Returns the device with its next secret, and with what concurrent logins need of the replaced one. */
export function renew(
  device: TrustedDevice,
  { secret, nonce }: { readonly secret: string; readonly nonce: string },
  context: FactorContext,
): TrustedDevice {
  const now = context.clock();
  const replaced: ReplacedSecret = { digest: device.digest, at: now, nonce, ...installationOf(context) };
  return { ...device, digest: digestOf(successorOf(secret, nonce)), usedAt: now, replaced };
}

/** Returns the successor again, if the same installation replaced the secret less than ten seconds ago. */
export function successorAgain(
  { replaced }: TrustedDevice,
  secret: string,
  context: Pick<FactorContext, 'clock' | 'installationId'>,
): string | undefined {
  if (replaced === undefined || !matches(replaced.digest, secret)) return undefined;
  const age = context.clock() - replaced.at;
  const isRecent = age >= 0 && age < REPLACED_MS;
  const isSame = replaced.installation === installationOf(context).installation;
  return isRecent && isSame ? successorOf(secret, replaced.nonce) : undefined;
}
