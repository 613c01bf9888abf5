import {
  asObject,
  choiceOption,
  Factor,
  FactorError,
  integerOption,
  isAhead,
  NAME_RULE,
  readFields,
  resolveOptions,
  type Confirmed,
  type EnrolledContext,
  type FactorContext,
  type FactorUser,
  type FieldRule,
  type Intent,
  type Purpose,
  type Reply,
} from '@parse-factors/core';
import { DEVICE_TOKEN, digestOf, matches, newDeviceId, newSecret, readToken } from './device-token.js';

/** Options of {@link TrustedDeviceFactor}. */
export interface TrustedDeviceOptions {
  /** How long a device is trusted, in milliseconds, an hour to 90 days; 30 days by default. Using it does not prolong it. */
  readonly trustMs?: number;
  /** How many devices a user may have, 1 to 20; 10 by default. One more takes the place of the oldest. */
  readonly maxDevices?: number;
  /**
   * Whether a token works only with the installation id (`X-Parse-Installation-Id`) that asked for
   * it; false by default. Any client can claim any id: it only helps against a token copied alone.
   */
  readonly bindInstallation?: boolean;
}

/** A trusted device. */
export interface TrustedDevice {
  readonly id: string;
  /** What the user calls it. */
  readonly name: string;
  /** SHA-256 of its present secret. */
  readonly digest: string;
  /** SHA-256 of the installation it is bound to. */
  readonly installation?: string;
  /** When it was first trusted, in epoch milliseconds. */
  readonly addedAt: number;
  /** When it was last used, in epoch milliseconds. */
  readonly usedAt: number;
  /** When the trust ends, in epoch milliseconds. */
  readonly expiresAt: number;
}

/** What the factor keeps about a user. */
export interface TrustedDeviceEnrolment {
  /** Oldest first. */
  readonly devices: readonly TrustedDevice[];
}

const DAY_MS = 24 * 60 * 60_000;
const MAX_TRUST_MS = 90 * DAY_MS;
const REMEMBER: FieldRule = { maxLength: 4, pattern: /^true$/, accepts: '"true"' };
const REVOKE: FieldRule = { maxLength: 22, pattern: /^(?:all|[A-Za-z0-9_-]{22})$/, accepts: 'the id of a device, or "all"' };

type Change = TrustedDeviceEnrolment | undefined;

/** What the user calls the device; he may leave it open. */
function readName(payload: unknown): string {
  if (Object.hasOwn(asObject(payload) ?? {}, 'name')) return readFields(payload, { remember: REMEMBER, name: NAME_RULE }).name;
  readFields(payload, { remember: REMEMBER });
  return 'Unnamed device';
}

/**
 * Devices that the user trusts: what one holds stands in for a factor at login, and is renewed each
 * time. An older token shows that somebody copied it, and ends the trust. Never a fresh proof.
 * Payloads: `{ remember: "true", name }`, `{ token }`, `{ revoke: <id> }`, `{ revoke: "all" }`.
 */
export class TrustedDeviceFactor extends Factor<TrustedDeviceEnrolment> {
  override readonly standIn = 'login';
  readonly #options: Required<TrustedDeviceOptions>;

  /** @throws FactorConfigError naming the option and what it accepts */
  constructor(options: TrustedDeviceOptions = {}) {
    super();
    this.#options = resolveOptions<Required<TrustedDeviceOptions>>(
      'TrustedDeviceFactor',
      options,
      {
        trustMs: integerOption(60 * 60_000, MAX_TRUST_MS),
        maxDevices: integerOption(1, 20),
        bindInstallation: choiceOption(true, false),
      },
      { trustMs: 30 * DAY_MS, maxDevices: 10, bindInstallation: false },
    );
  }

  intent(payload: unknown, _user: FactorUser, enrolment: TrustedDeviceEnrolment | undefined): Intent {
    const given = asObject(payload) ?? {};
    if (enrolment === undefined || Object.hasOwn(given, 'remember')) return 'enrol';
    return Object.hasOwn(given, 'revoke') ? 'manage' : 'answer';
  }

  /** There is nothing to begin: a device is trusted when the user says so. */
  async beginEnrolment(): Promise<Reply> {
    throw new FactorError('invalid_input', { sentence: 'Trust a device with { remember: "true", name } on the user.' });
  }

  async confirmEnrolment(
    context: EnrolledContext<TrustedDeviceEnrolment>,
    payload: unknown,
    enrolment: TrustedDeviceEnrolment | undefined,
  ): Promise<Confirmed<TrustedDeviceEnrolment>> {
    const name = readName(payload);
    const secret = newSecret(context.random);
    const device = this.#newDevice(context, name, secret);
    const added = { devices: [device] };
    const add = ({ devices }: TrustedDeviceEnrolment): TrustedDeviceEnrolment =>
      this.join({ devices: this.#living(devices, context) }, added);
    const reply = { token: `${device.id}.${secret}` };
    if (enrolment === undefined) return { enrolment: added, reply };
    // Another device may be renewing its token at this moment.
    if (!(await context.change(add))) throw new FactorError('not_enrolled');
    return { enrolment: undefined, reply };
  }

  /** One more takes the place of the oldest where there are as many as there may be. */
  override join({ devices }: TrustedDeviceEnrolment, added: TrustedDeviceEnrolment): TrustedDeviceEnrolment {
    return { devices: [...devices, ...added.devices].slice(-this.#options.maxDevices) };
  }

  /** Nothing to send: the device has its token. */
  async challenge(): Promise<Reply> {
    return { status: 'enabled' };
  }

  async verify(context: EnrolledContext<TrustedDeviceEnrolment>, purpose: Purpose, payload: unknown): Promise<Reply> {
    const { id, secret } = readToken(readFields(payload, { token: DEVICE_TOKEN }).token);
    const renewed = newSecret(context.random);
    let isCopied = false;
    let isRight = false;
    await context.change(({ devices }): Change => {
      const living = this.#living(devices, context);
      const device = living.find((candidate) => candidate.id === id);
      isRight = device !== undefined && matches(device.digest, secret) && this.#isAtHome(device, context);
      isCopied = device !== undefined && !isRight;
      // What is refused as expired stays so, also when the clock steps back.
      if (device === undefined) return devices.some((expired) => expired.id === id) ? { devices: living } : undefined;
      const used: TrustedDevice = { ...device, digest: digestOf(renewed), usedAt: context.clock() };
      return { devices: living.flatMap((other) => (other !== device ? [other] : isRight ? [used] : [])) };
    });
    if (isCopied) context.emit({ type: 'device_revoked', purpose, reason: 'token_used_before' });
    if (!isRight) {
      context.emit({ type: 'rejected', purpose, reason: 'code_rejected' });
      throw new FactorError('code_rejected', { sentence: 'This device is not trusted.' });
    }
    context.emit({ type: 'verified', purpose });
    return { token: `${id}.${renewed}` };
  }

  /** The devices as JSON, oldest first: `[{ id, name, addedAt, usedAt, expiresAt }, …]`, times in ISO 8601. */
  describe({ devices }: TrustedDeviceEnrolment): Reply {
    const iso = (time: number): string => new Date(time).toISOString();
    const shown = devices.map(({ id, name, addedAt, usedAt, expiresAt }) => ({
      id,
      name,
      addedAt: iso(addedAt),
      usedAt: iso(usedAt),
      expiresAt: iso(expiresAt),
    }));
    return { devices: JSON.stringify(shown) };
  }

  /** Ends the trust in one device, or in all. */
  override async manage(context: EnrolledContext<TrustedDeviceEnrolment>, payload: unknown): Promise<void> {
    const { revoke } = readFields(payload, { revoke: REVOKE });
    const isChanged = await context.change(({ devices }): Change => {
      const left = revoke === 'all' ? [] : devices.filter(({ id }) => id !== revoke);
      return left.length === devices.length ? undefined : { devices: left };
    });
    if (isChanged) context.emit({ type: 'device_revoked', reason: 'user' });
    else if (revoke !== 'all') throw new FactorError('not_enrolled', { sentence: 'There is no such device.' });
  }

  /** No device outlives a change of the password or of a factor. */
  override afterChange(enrolment: TrustedDeviceEnrolment): TrustedDeviceEnrolment {
    return enrolment.devices.length === 0 ? enrolment : { devices: [] };
  }

  #newDevice({ random, clock, installationId }: FactorContext, name: string, secret: string): TrustedDevice {
    const { bindInstallation, trustMs } = this.#options;
    if (bindInstallation && installationId === undefined) {
      throw new FactorError('invalid_input', { sentence: 'The header X-Parse-Installation-Id is required.' });
    }
    const now = clock();
    return {
      id: newDeviceId(random),
      name,
      digest: digestOf(secret),
      ...(bindInstallation && installationId !== undefined && { installation: digestOf(installationId) }),
      addedAt: now,
      usedAt: now,
      expiresAt: now + trustMs,
    };
  }

  #living(devices: readonly TrustedDevice[], { clock }: FactorContext): TrustedDevice[] {
    return devices.filter(({ expiresAt }) => isAhead(expiresAt, clock(), MAX_TRUST_MS));
  }

  #isAtHome({ installation }: TrustedDevice, { installationId }: FactorContext): boolean {
    return installation === undefined || (installationId !== undefined && matches(installation, installationId));
  }
}
