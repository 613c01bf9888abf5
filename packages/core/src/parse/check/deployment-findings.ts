import { backupFactors, linkedFactors, secondFactors } from '../../account/factor-roles.js';
import type { ClientInfo } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { isLoopback } from '../../validation/options.js';
import { asObject } from '../../validation/json-object.js';
import { isProxyCounted } from '../proxy-warning.js';
import type { ServerConfig } from '../server/running-server.js';
import type { Finding } from './finding.js';

/** The part of a running server's configuration that is used here. */
interface Deployed extends ServerConfig {
  readonly allowClientClassCreation?: unknown;
  readonly masterKeyIps?: unknown;
  readonly readOnlyMasterKeyIps?: unknown;
  readonly logLevels?: unknown;
  readonly publicServerURL?: unknown;
}

type Found = Omit<Finding, 'factor'> | undefined | false;

/** What is checked besides the self-check: how the server is deployed, and what the application has chosen. */
export interface Deployment {
  readonly runtime: Runtime;
  readonly config: ServerConfig;
  /** The client that asks: its request came through the proxies of the server. */
  readonly client: ClientInfo;
}

/**
 * Finds what should be settled before real users come. These findings are not part of the self-check: an application may have
 * decided otherwise.
 */
export function deploymentFindings({ runtime, config, client }: Deployment): readonly Finding[] {
  const found: readonly Found[] = [
    isProxyCounted(client, config) && {
      reason: 'proxy_not_trusted',
      sentence:
        "This request came through a proxy, and Parse Server counts the proxy's IP address in place of the client's. All users share one limit. Set trustProxy.",
    },
    masterKeys(config),
    asDeployed(config).allowClientClassCreation === true && {
      reason: 'client_classes_allowed',
      sentence: 'Clients may create classes. Set allowClientClassCreation to false.',
    },
    namesInLog(config),
    insecureUrl(config),
    ...choices(runtime),
  ];
  return found.flatMap((finding) => (finding === undefined || finding === false ? [] : [{ ...finding, factor: '' }]));
}

const asDeployed = (config: ServerConfig): Deployed => config;

const EVERYWHERE = ['0.0.0.0', '::', '0.0.0.0/0', '::/0', '::0'];

function masterKeys(config: ServerConfig): Found {
  const { masterKeyIps, readOnlyMasterKeyIps } = asDeployed(config);
  const isOpen = (ips: unknown): boolean => Array.isArray(ips) && ips.some((ip) => EVERYWHERE.includes(String(ip)));
  const hasReadOnly = (config.readOnlyMasterKey ?? undefined) !== undefined;
  const open = [
    ...(isOpen(masterKeyIps) ? ['masterKeyIps'] : []),
    ...(hasReadOnly && isOpen(readOnlyMasterKeyIps) ? ['readOnlyMasterKeyIps'] : []),
  ];
  if (open.length === 0) return undefined;
  const sentence = `${open.join(' and ')} lets a master key be used from everywhere. It can reset factors, or read all data. List the addresses of your own servers.`;
  return { reason: 'master_key_from_everywhere', sentence };
}

const LINES = ['triggerBeforeSuccess', 'triggerAfter', 'triggerBeforeError'];

/** Parse Server logs the input of triggers at `info` and `error`. It overrides the methods of disabled levels. */
function namesInLog(config: ServerConfig): Found {
  const levels = asObject(asDeployed(config).logLevels) ?? {};
  const { loggerController } = config;
  const isWritten = (level: unknown): boolean =>
    level !== 'silent' && loggerController !== undefined && !Object.hasOwn(loggerController, String(level));
  const written = LINES.filter((line) => isWritten(levels[line] ?? (line === 'triggerBeforeError' ? 'error' : 'info')));
  if (written.length === 0) return undefined;
  const sentence = `Parse Server logs the user name and email address with each login and each save of a user. Set logLevels.${written.join(', logLevels.')} to "silent".`;
  return { reason: 'names_are_logged', sentence };
}

function insecureUrl(config: ServerConfig): Found {
  const { publicServerURL } = asDeployed(config);
  const url = typeof publicServerURL === 'string' && URL.canParse(publicServerURL) ? new URL(publicServerURL) : undefined;
  if (url?.protocol !== 'http:' || isLoopback(url)) return undefined;
  return {
    reason: 'not_https',
    sentence: 'publicServerURL begins with http://. Codes and sessions travel in requests: use HTTPS.',
  };
}

/** What the application has chosen, and may have overlooked. */
function choices(runtime: Runtime): readonly Found[] {
  const { eventLog, keepEventsMs, notices } = runtime;
  const factors = Object.values(runtime.factors);
  const isMute =
    factors.some(({ addressProof }) => addressProof !== undefined) && factors.every(({ notifies }) => notifies === undefined);
  const isOnly = secondFactors(runtime).length === 1 && linkedFactors(runtime).length === 0;
  return [
    eventLog &&
      keepEventsMs === undefined && {
        reason: 'events_kept_for_good',
        sentence:
          'eventLog: true keeps IP addresses for good. Set eventLog: { keepDays: 90 }, and run the job pruneFactors each night.',
      },
    isOnly &&
      backupFactors(runtime).length === 0 && {
        reason: 'no_way_back',
        sentence: 'Users who lose their only second factor cannot log in. Add recovery codes, or a second factor.',
      },
    !notices && {
      reason: 'notices_off',
      sentence: 'Users are not told of changes to their account that they did not make. Leave the option notices on.',
    },
    notices &&
      isMute && {
        reason: 'notices_off',
        sentence:
          'Users are not told of changes to their account that they did not make: no channel sends notices, as a function sends none. Give a channel the method notify.',
      },
  ];
}
