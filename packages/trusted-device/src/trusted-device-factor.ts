import { FactorError } from '@parse-factors/core';
import {
  asObject,
  Factor,
  integerOption,
  NAME_RULE,
  readFields,
  refuseRemovedOptions,
  resolveOptions,
  type Command,
  type Confirmed,
  type EnrolledContext,
  type FactorContext,
  type EnrolmentLifecycle,
  type FieldRule,
  type Management,
  type MultipleEnrolments,
  type PayloadSource,
  type Purpose,
  type Reply,
} from '@parse-factors/core/factor';
import { isAhead } from '@parse-factors/core/store';
import { renew, successorAgain, type TrustedDevice } from './trusted-device.js';
import {
  DEVICE_TOKEN,
  digestOf,
  matches,
  newDeviceId,
  newSecret,
  readToken,
  successorOf,
  type DeviceToken,
} from './device-token.js';

/** Options of {@link TrustedDeviceFactor}. */
export interface TrustedDeviceOptions {
  /**
   * How long a device is trusted, in milliseconds, an hour to 90 days; 30 days by default. Using it does not prolong the trust.
   */
  readonly trustMs?: number;
  /** The most devices per user, 1 to 20; 10 by default. A further device replaces the oldest. */
  readonly maxDevices?: number;
}

/** What the factor stores about a user. */
export interface TrustedDeviceEnrolment {
  /** Oldest first. */
  readonly devices: readonly TrustedDevice[];
}

const DAY_MS = 24 * 60 * 60_000;
const MAX_TRUST_MS = 90 * DAY_MS;
const REMEMBER: FieldRule = { maxLength: 4, pattern: /^true$/, accepts: '"true"' };
const REVOKE: FieldRule = { maxLength: 22, pattern: /^(?:all|[A-Za-z0-9_-]{22})$/, accepts: 'the id of a device, or "all"' };

const REMOVED = {
  bindInstallation:
    'was removed: a client can send any installation id, so it did not protect a copied token. Leave it out and set a shorter "trustMs"',
};

type Change = TrustedDeviceEnrolment | undefined;
/** The id of a device, or `all`. */
type Revocation = string;

/** Reads the user's name for the device; it is optional. */
function readName(payload: unknown): string {
  if (Object.hasOwn(asObject(payload) ?? {}, 'name')) return readFields(payload, { remember: REMEMBER, name: NAME_RULE }).name;
  readFields(payload, { remember: REMEMBER });
  return 'Unnamed device';
}

/**
 * Trusted devices, a backup authenticator: a device's token replaces a second factor at login, and each login renews it. It is
 * never a step-up proof.
 * For ten seconds, a replaced token gets the same successor again from the same installation (`X-Parse-Installation-Id`; two
 * requests without one count as the same). Any older token shows that someone copied it, and ends the trust.
 * Payloads: `{ remember: "true", name }`, `{ token }`, `{ revoke: <id> }`, `{ revoke: "all" }`.
 * @example
 * ```ts
 * import { composeFactors } from '@parse-factors/core';
 * import { TotpFactor } from '@parse-factors/totp';
 * import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
 *
 * const WEEK_MS = 7 * 24 * 60 * 60_000;
 * export const factors = (keys: string) =>
 *   composeFactors({
 *     keys,
 *     factors: { totp: new TotpFactor({ issuer: 'Acme' }), device: new TrustedDeviceFactor({ trustMs: WEEK_MS }) },
 *   });
 * ```
 */
export class TrustedDeviceFactor extends Factor<TrustedDeviceEnrolment, DeviceToken, string> {
  override readonly backup = 'after-sign-in';
  override readonly multiple: MultipleEnrolments<TrustedDeviceEnrolment> = {
    // Beyond the maximum, a new device replaces the oldest.
    merge: ({ devices }, added) => ({ devices: [...devices, ...added.devices].slice(-this.#options.maxDevices) }),
  };
  /** Revokes one device, or all. */
  override readonly management: Management<TrustedDeviceEnrolment, Revocation> = { apply: revoke };
  override readonly lifecycle: EnrolmentLifecycle<TrustedDeviceEnrolment> = {
    // A change of the password or of a factor revokes all devices.
    afterAccountChange: (enrolment) => (enrolment.devices.length === 0 ? enrolment : { devices: [] }),
  };
  readonly #options: Required<TrustedDeviceOptions>;

  /** @throws FactorConfigError naming the option and what it accepts */
  constructor(options: TrustedDeviceOptions = {}) {
    super();
    refuseRemovedOptions('TrustedDeviceFactor', options, REMOVED);
    this.#options = resolveOptions<Required<TrustedDeviceOptions>>(
      'TrustedDeviceFactor',
      options,
      {
        trustMs: integerOption(60 * 60_000, MAX_TRUST_MS),
        maxDevices: integerOption(1, 20),
      },
      { trustMs: 30 * DAY_MS, maxDevices: 10 },
    );
  }

  read(payload: unknown, { at, enrolment }: PayloadSource<TrustedDeviceEnrolment>): Command<DeviceToken, string> {
    const given = asObject(payload) ?? {};
    const isNew = enrolment === undefined || (at !== 'sign-in' && Object.hasOwn(given, 'remember'));
    if (at === 'challenge') return isNew ? { do: 'begin', begin: undefined } : { do: 'challenge' };
    if (isNew) return { do: 'enrol', confirmation: readName(payload) };
    if (at === 'save' && Object.hasOwn(given, 'revoke')) {
      return { do: 'manage', change: readFields(payload, { revoke: REVOKE }).revoke };
    }
    return { do: 'answer', answer: readToken(readFields(payload, { token: DEVICE_TOKEN }).token) };
  }

  /** Always throws: a device is trusted when the user asks for it. */
  async beginEnrolment(): Promise<Reply> {
    throw new FactorError('invalid_input', { sentence: 'To trust a device, update the user with { remember: "true", name }.' });
  }

  async confirmEnrolment(
    context: EnrolledContext<TrustedDeviceEnrolment>,
    name: string,
    enrolment: TrustedDeviceEnrolment | undefined,
  ): Promise<Confirmed<TrustedDeviceEnrolment>> {
    const secret = newSecret(context.random);
    const device = this.#newDevice(context, name, secret);
    const added = { devices: [device] };
    const add = ({ devices }: TrustedDeviceEnrolment): TrustedDeviceEnrolment =>
      this.multiple.merge({ devices: this.#unexpired(devices, context) }, added);
    const reply = { token: `${device.id}.${secret}` };
    if (enrolment === undefined) return { enrolment: added, reply };
    // Another device may renew its token at the same moment, so the device is added atomically.
    if (!(await context.change(add))) throw new FactorError('not_enrolled');
    return { enrolment: undefined, reply };
  }

  /** Sends nothing: the device has its token. */
  async challenge(): Promise<Reply> {
    return { status: 'enabled' };
  }

  async verify(context: EnrolledContext<TrustedDeviceEnrolment>, purpose: Purpose, { id, secret }: DeviceToken): Promise<Reply> {
    const nonce = newSecret(context.random);
    const found: { isKnown?: boolean; successor?: string | undefined } = {};
    await context.change(({ devices }): Change => {
      const unexpired = this.#unexpired(devices, context);
      const device = unexpired.find((candidate) => candidate.id === id);
      const isSameInstallation = device !== undefined && hasInstallation(device, context);
      const isCurrent = isSameInstallation && matches(device.digest, secret);
      const again = isSameInstallation ? successorAgain(device, secret, context) : undefined;
      found.isKnown = device !== undefined;
      found.successor = isCurrent ? successorOf(secret, nonce) : again;
      // Removes an expired device, so that it stays refused if the clock steps back.
      if (device === undefined) return devices.some((expired) => expired.id === id) ? { devices: unexpired } : undefined;
      if (again !== undefined && !isCurrent) return undefined;
      const used = isCurrent ? [renew(device, { secret, nonce }, context)] : [];
      return { devices: unexpired.flatMap((other) => (other === device ? used : [other])) };
    });
    const { isKnown, successor } = found;
    if (successor === undefined) {
      if (isKnown === true) context.emit({ type: 'device_revoked', purpose, reason: 'token_used_before' });
      context.emit({ type: 'rejected', purpose, reason: 'code_rejected' });
      throw new FactorError('code_rejected', { sentence: 'This device is not trusted.' });
    }
    context.emit({ type: 'verified', purpose });
    return { token: `${id}.${successor}` };
  }

  /** Describes the devices as JSON, oldest first: `[{ id, name, addedAt, usedAt, expiresAt }, …]`, times in ISO 8601. */
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

  #newDevice({ random, clock }: FactorContext, name: string, secret: string): TrustedDevice {
    const now = clock();
    return {
      id: newDeviceId(random),
      name,
      digest: digestOf(secret),
      addedAt: now,
      usedAt: now,
      expiresAt: now + this.#options.trustMs,
    };
  }

  #unexpired(devices: readonly TrustedDevice[], { clock }: FactorContext): TrustedDevice[] {
    return devices.filter(({ expiresAt }) => isAhead(expiresAt, clock(), MAX_TRUST_MS));
  }
}

/** Devices of version 0.1 may be bound to an installation. They stay bound. */
const hasInstallation = ({ installation }: TrustedDevice, { installationId }: FactorContext): boolean =>
  installation === undefined || (installationId !== undefined && matches(installation, installationId));

async function revoke(context: EnrolledContext<TrustedDeviceEnrolment>, revoked: Revocation): Promise<void> {
  const isChanged = await context.change(({ devices }): Change => {
    const left = revoked === 'all' ? [] : devices.filter(({ id }) => id !== revoked);
    return left.length === devices.length ? undefined : { devices: left };
  });
  if (isChanged) context.emit({ type: 'device_revoked', reason: 'user' });
  else if (revoked !== 'all') throw new FactorError('not_enrolled', { sentence: 'There is no such device.' });
}
