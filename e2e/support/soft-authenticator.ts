import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';

/** What a browser would have been asked; the parts that are used here. */
interface Options {
  readonly challenge: string;
  readonly rp?: { readonly id: string };
  readonly rpId?: string;
  readonly user?: { readonly id: string };
}

/** What an answer is to have otherwise than an honest one. */
export interface Forgery {
  readonly origin?: string;
  readonly rpId?: string;
  readonly type?: string;
  readonly challenge?: string;
  readonly crossOrigin?: boolean;
  readonly userVerified?: boolean;
  readonly userPresent?: boolean;
  readonly counter?: number;
  readonly userHandle?: string | undefined;
  readonly id?: string;
  readonly backupEligible?: boolean;
}

/** An authenticator in a file. */
export interface SavedAuthenticator {
  readonly id: string;
  readonly handle: string;
  /** PKCS #8 in PEM. */
  readonly privateKey: string;
}

const UP = 0x01;
const UV = 0x04;
const BE = 0x08;
const BS = 0x10;
const AT = 0x40;
const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest();
const text = (value: string): Buffer => Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)]);
const bytes = (value: Buffer): Buffer =>
  Buffer.concat([
    value.length < 256 ? Buffer.from([0x58, value.length]) : Buffer.from([0x59, value.length >> 8, value.length & 255]),
    value,
  ]);

/**
 * An authenticator in a few lines, for answers that no browser would give. It counts where `counter` is not 0.
 */
export class SoftAuthenticator {
  readonly id: string;
  counter: number;
  handle: string;
  readonly #origin: string;
  readonly #privateKey: KeyObject;
  readonly #x: Buffer;
  readonly #y: Buffer;

  /** @param saved one of before, as `save` gave it */
  constructor(origin: string, counter = 0, saved?: SavedAuthenticator) {
    this.#origin = origin;
    this.counter = counter;
    this.id = saved?.id ?? randomBytes(32).toString('base64url');
    this.handle = saved?.handle ?? '';
    this.#privateKey =
      saved === undefined ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : createPrivateKey(saved.privateKey);
    const { x = '', y = '' } = createPublicKey(this.#privateKey).export({ format: 'jwk' });
    this.#x = Buffer.from(x, 'base64url');
    this.#y = Buffer.from(y, 'base64url');
  }

  /** Everything about it, for a file. */
  save(): SavedAuthenticator {
    return { id: this.id, handle: this.handle, privateKey: String(this.#privateKey.export({ type: 'pkcs8', format: 'pem' })) };
  }

  /** A `RegistrationResponseJSON` for options, as the server gave them. */
  create(optionsJson: string, forgery: Forgery = {}): string {
    const { challenge, rp, user } = JSON.parse(optionsJson) as Options;
    this.handle = user?.id ?? '';
    const clientDataJSON = this.#clientData('webauthn.create', challenge, forgery);
    const cose = Buffer.concat([Buffer.from('a5010203262001215820', 'hex'), this.#x, Buffer.from('225820', 'hex'), this.#y]);
    const id = Buffer.from(this.id, 'base64url');
    const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, cose]);
    const authData = Buffer.concat([this.#authData(rp?.id ?? '', forgery, AT), attested]);
    const attestation = [text('fmt'), text('none'), text('attStmt'), Buffer.from([0xa0]), text('authData'), bytes(authData)];
    const attestationObject = Buffer.concat([Buffer.from([0xa3]), ...attestation]).toString('base64url');
    return this.#credential({ clientDataJSON, attestationObject, transports: ['internal'] }, forgery);
  }

  /** An `AuthenticationResponseJSON` for options, as the server gave them. */
  get(optionsJson: string, forgery: Forgery = {}): string {
    const { challenge, rpId } = JSON.parse(optionsJson) as Options;
    if (this.counter > 0) this.counter += 1;
    const clientDataJSON = this.#clientData('webauthn.get', challenge, forgery);
    const authData = this.#authData(rpId ?? '', forgery, 0);
    const signed = Buffer.concat([authData, sha256(Buffer.from(clientDataJSON, 'base64url'))]);
    const signature = sign('sha256', signed, this.#privateKey).toString('base64url');
    const userHandle = 'userHandle' in forgery ? forgery.userHandle : this.handle || undefined;
    const response = { clientDataJSON, authenticatorData: authData.toString('base64url'), signature, userHandle };
    return this.#credential(response, forgery);
  }

  #clientData(type: string, challenge: string, forgery: Forgery): string {
    const data = {
      type,
      challenge,
      origin: this.#origin,
      crossOrigin: false,
      ...pick(forgery, 'type', 'challenge', 'origin', 'crossOrigin'),
    };
    return Buffer.from(JSON.stringify(data)).toString('base64url');
  }

  #authData(rpId: string, forgery: Forgery, more: number): Buffer {
    const { userPresent = true, userVerified = true, backupEligible = false, counter = this.counter } = forgery;
    const flags = (userPresent ? UP : 0) | (userVerified ? UV : 0) | (backupEligible ? BE | BS : 0) | more;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([sha256(forgery.rpId ?? rpId), Buffer.from([flags]), count]);
  }

  #credential(response: object, { id = this.id }: Forgery): string {
    return JSON.stringify({ id, rawId: id, type: 'public-key', clientExtensionResults: {}, response });
  }
}

const pick = (from: Forgery, ...names: readonly (keyof Forgery)[]): object =>
  Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));
