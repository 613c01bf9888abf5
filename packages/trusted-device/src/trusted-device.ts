import type { FactorContext } from '@parse-factors/core/factor';
import { digestOf, matches, successorOf } from './device-token.js';

/** How long a replaced token still gets its successor: two tabs that log in at the same moment send the same one. */
const REPLACED_MS = 10_000;

/** A trusted device. */
export interface TrustedDevice {
  readonly id: string;
  /** What the user calls it. */
  readonly name: string;
  /** SHA-256 of its present secret. */
  readonly digest: string;
  /** SHA-256 of the installation it is bound to; only of versions that offered it. */
  readonly installation?: string;
  /** When it was first trusted, in epoch milliseconds. */
  readonly addedAt: number;
  /** When it was last used, in epoch milliseconds. */
  readonly usedAt: number;
  /** When the trust ends, in epoch milliseconds. */
  readonly expiresAt: number;
  /** The secret before the present one; undefined until the first login. */
  readonly replaced?: ReplacedSecret;
}

/** What is kept of a secret that was replaced, so that logins of the same moment get the same successor. */
export interface ReplacedSecret {
  /** Its SHA-256. */
  readonly digest: string;
  /** When it was replaced, in epoch milliseconds. */
  readonly at: number;
  /** Gives the present secret together with the replaced one. */
  readonly nonce: string;
  /** SHA-256 of the installation that replaced it; undefined where the request named none. */
  readonly installation?: string;
}

/** The installation that asks, as it is stored. */
export const installationOf = ({ installationId }: Pick<FactorContext, 'installationId'>): { readonly installation?: string } =>
  installationId === undefined ? {} : { installation: digestOf(installationId) };

/** The device with its next secret, and what logins of the same moment need of the one before. */
export function renew(
  device: TrustedDevice,
  { secret, nonce }: { readonly secret: string; readonly nonce: string },
  context: FactorContext,
): TrustedDevice {
  const now = context.clock();
  const replaced: ReplacedSecret = { digest: device.digest, at: now, nonce, ...installationOf(context) };
  return { ...device, digest: digestOf(successorOf(secret, nonce)), usedAt: now, replaced };
}

/** The successor once more, where the same installation replaced the secret a moment ago. */
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
