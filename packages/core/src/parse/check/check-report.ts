import { faultName } from '../../error/fault-name.js';
import type { Bridge } from '../bridge.js';
import type { AdminRequest } from '../cloud/admin-request.js';
import { inspectionOf } from '../database/inspection/inspect-database.js';
import type { ServerConfig } from '../server/running-server.js';
import { bridged } from '../server/server.js';
import { unreachableChannels } from './channel-findings.js';
import { clockFindings } from './clock-findings.js';
import { deploymentFindings } from './deployment-findings.js';
import { FINDING_LEVELS, type Finding, type FindingLevel, worstFirst } from './finding.js';
import { inspectedFindings } from './inspected-findings.js';
import { countRecords, olderRecords, type RecordsByKey } from './record-findings.js';
import { versionFindings } from './version-findings.js';

/** What the Cloud function `factorsCheck` returns. */
export interface CheckReport {
  /** What is wrong, the worst first. Empty when all is well. */
  readonly findings: readonly (Finding & { readonly level: FindingLevel })[];
  /** The time of the server's clock, in epoch milliseconds. */
  readonly at: number;
  /** The version of Parse Server. */
  readonly parseServer: string;
  /** The version of Node. */
  readonly node: string;
  /** The database. `version` is empty for one that is reached by a storage adapter of the application's own. */
  readonly database: { readonly kind: 'postgres' | 'mongodb' | 'other'; readonly version: string };
  /** The names of the keys that seal records, the newest first; never the keys. */
  readonly keys: readonly string[];
  /** The keys of the factors. */
  readonly factors: readonly string[];
  /** How many records each key has sealed, by the factor's key and the name of the key that seals. */
  readonly records: RecordsByKey;
}

/** What a report is made of. */
interface Examined {
  readonly bridge: Bridge;
  /** The request for the report, which came through the proxies of the server. */
  readonly request: AdminRequest;
  /** What the self-check has found. */
  readonly found: readonly Finding[];
}

/** Adds what concerns the deployment to the findings of the self-check, and sorts them. */
export async function checkReport({ bridge, request, found }: Examined): Promise<CheckReport> {
  const { runtime } = bridge;
  const config: ServerConfig = request.config;
  const inspection = inspectionOf(config.database.adapter);
  // They may take seconds each: they run side by side.
  const [channels, clocks, inspected, records, version] = await Promise.all([
    unreachableChannels(runtime),
    clockFindings(bridge, config, inspection),
    inspection === undefined ? [] : inspectedFindings(inspection, runtime).catch(couldNotLook),
    countRecords(runtime, config),
    inspection?.version().catch(() => ''),
  ]);
  const findings = [
    ...found,
    ...deploymentFindings({ runtime, config, client: bridged(bridge, request).client }),
    ...versionFindings({ parseServer: config.version, node: process.versions.node }),
    ...channels,
    ...clocks,
    ...inspected,
    ...olderRecords(runtime, records),
  ];
  return {
    findings: worstFirst(findings).map((finding) => ({ level: FINDING_LEVELS[finding.reason], ...finding })),
    at: runtime.clock(),
    parseServer: config.version ?? '',
    node: process.versions.node,
    database: { kind: inspection?.kind ?? 'other', version: version ?? '' },
    keys: runtime.recordKeyring.names,
    factors: Object.keys(runtime.factors),
    records,
  };
}

/** Services that only speak like Postgres or MongoDB may refuse these questions. The other findings are still told. */
function couldNotLook(fault: unknown): readonly Finding[] {
  const sentence = `The check could not read the settings and indexes of the database: ${faultName(fault)}. Let the user of databaseURI read them.`;
  return [{ reason: 'check_failed', factor: '', sentence }];
}
