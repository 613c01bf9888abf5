import { asObject } from '../../validation/json-object.js';
import type { ServerRequest } from '../ports.js';
import type { Runtime } from '../runtime.js';
import { deviceOf, type SigningIn } from './device-of.js';
import { DEVICE_MS, type KnownDevice } from './known-device.js';
import type { PastSignIn } from './past-sign-in.js';

/** What is known of a user's earlier sign-ins, for policies. It is read once, when it is first asked for. */
export class PastSignIns {
  readonly #runtime: Pick<Runtime, 'keyring' | 'clock' | 'rememberDevices'>;
  readonly #request: ServerRequest;
  readonly #userId: string;
  #read: Promise<readonly KnownDevice[]> | undefined;

  constructor(runtime: Pick<Runtime, 'keyring' | 'clock' | 'rememberDevices'>, request: ServerRequest, userId: string) {
    this.#runtime = runtime;
    this.#request = request;
    this.#userId = userId;
  }

  /** Seals what is kept about a sign-in. @param ip the address that the user sees */
  static seal({ keyring }: Pick<Runtime, 'keyring'>, { ip, ...at }: SigningIn & { readonly ip: string | undefined }): string {
    return keyring.seal(JSON.stringify({ ip }), 'device', at.appId, at.userId, deviceOf(keyring, at));
  }

  /** The last sign-in from each device of 180 days, the latest first. */
  async list(): Promise<readonly PastSignIn[]> {
    const { keyring, clock } = this.#runtime;
    const { server, client } = this.#request;
    const since = clock() - DEVICE_MS;
    const known = (await this.#devices()).filter(({ usedAt }) => usedAt > since);
    if (known.length === 0) return [];
    const id = deviceOf(keyring, { appId: server.appId, userId: this.#userId, client });
    return known.map((device) => ({ at: device.usedAt, ip: this.#ipOf(device), isThisDevice: device.id === id }));
  }

  /** The last sign-in from each device that is still stored: when, and from which address. */
  async stored(): Promise<readonly Omit<PastSignIn, 'isThisDevice'>[]> {
    return (await this.#devices()).map((device) => ({ at: device.usedAt, ip: this.#ipOf(device) }));
  }

  /** When the last sign-in was that is known, also if it was longer ago. */
  async last(): Promise<number | undefined> {
    return (await this.#devices())[0]?.usedAt;
  }

  #devices(): Promise<readonly KnownDevice[]> {
    this.#read ??= this.#runtime.rememberDevices ? this.#request.server.devices.list(this.#userId) : Promise.resolve([]);
    return this.#read;
  }

  #ipOf({ id, sealed }: KnownDevice): string | undefined {
    try {
      const { plaintext } = this.#runtime.keyring.open(sealed, 'device', this.#request.server.appId, this.#userId, id);
      const { ip } = asObject(JSON.parse(plaintext)) ?? {};
      return typeof ip === 'string' ? ip : undefined;
    } catch {
      return undefined; // a key that was taken out
    }
  }
}
