import type { KnownDevice, KnownDevices } from '../../account/devices/known-device.js';
import { subjectOf } from '../../crypto/subject.js';
import type { ClassIncident } from './closed-class.js';
import type { ParseDatabase, ParseRow } from './parse-database.js';
import { ParseTable } from './parse-table.js';

/** The class of the devices that users have signed in from; closed to all but the master key. */
export const FACTOR_DEVICE_CLASS = 'FactorDevice';

const FIELDS = { usedAt: { type: 'Number' }, sealed: { type: 'String' } } as const;

/** Most devices of one user that are kept. */
const MAX_DEVICES = 50;

/**
 * Keeps the devices that users have signed in from. The `objectId` begins with a digest of the user, so the primary key also
 * finds all devices of a user.
 */
export class DeviceTable implements KnownDevices {
  readonly #appId: string;
  readonly #table: ParseTable;

  /** @param onIncident called when the class was deleted or opened and had to be restored */
  constructor(appId: string, database: ParseDatabase, onIncident?: (incident: ClassIncident) => void) {
    this.#appId = appId;
    this.#table = new ParseTable(database, { className: FACTOR_DEVICE_CLASS, fields: FIELDS, onIncident });
  }

  async use(userId: string, { id, ...used }: KnownDevice, since: number): Promise<boolean> {
    const row = { objectId: this.#name(userId, id), usedAt: { $gt: since } };
    return (await this.#table.update(row, used)) !== undefined;
  }

  async add(userId: string, { id, ...used }: KnownDevice, since: number): Promise<boolean> {
    const objectId = this.#name(userId, id);
    if (await this.#table.create({ ...used, objectId })) {
      for (const row of (await this.#rows(userId)).slice(MAX_DEVICES)) await this.#table.destroy({ objectId: row.objectId });
      return true;
    }
    return (await this.#table.update({ objectId, usedAt: { $lte: since } }, used)) !== undefined;
  }

  async list(userId: string): Promise<readonly KnownDevice[]> {
    const prefix = this.#name(userId, '');
    return (await this.#rows(userId)).slice(0, MAX_DEVICES).map(({ objectId, usedAt, sealed }) => ({
      id: String(objectId).slice(prefix.length),
      usedAt: Number(usedAt),
      sealed: String(sealed),
    }));
  }

  async forget(userId: string): Promise<void> {
    await this.#table.destroy(this.#all(userId));
  }

  /** Deletes the devices that were not used since then. */
  async prune(since: number): Promise<void> {
    await this.#table.destroy({ usedAt: { $lte: since } });
  }

  /** The rows of a user, the last used first. */
  async #rows(userId: string): Promise<readonly ParseRow[]> {
    const rows = await this.#table.list(this.#all(userId), 4 * MAX_DEVICES);
    return rows.toSorted((one, other) => Number(other['usedAt']) - Number(one['usedAt']));
  }

  #name(userId: string, id: string): string {
    return `${subjectOf('devices', this.#appId, userId)}-${id}`;
  }

  /** All names of a user's devices. Ids are hexadecimal, so `g` follows all of them in every collation. */
  #all(userId: string): ParseRow {
    return { objectId: { $gt: this.#name(userId, '0'), $lt: this.#name(userId, 'g') } };
  }
}
