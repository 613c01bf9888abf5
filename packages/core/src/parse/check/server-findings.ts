import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AccountState } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { losesMark } from '../../account/verified-field.js';
import { UserFactor } from '../../flows/user-factor.js';
import { asObject } from '../../validation/json-object.js';
import type { Bridge } from '../bridge.js';
import type { ServerConfig } from '../server/running-server.js';
import { identityOf } from '../../factor/primary-sign-in.js';
import { bridged } from '../server/server.js';
import { findAccounts } from '../server/user-rows.js';
import type { Finding } from './finding.js';

/** How many records of each factor are checked. */
const SAMPLE = 20;

/** Finds problems of the server and its environment that do not depend on its users. */
export const serverFindings = ({ runtime }: Bridge, server: ServerConfig): readonly Finding[] => [
  ...logLevel(server),
  ...routerVersion(),
  ...ownerExempt(server),
  ...resetsWithoutEmail(runtime, server),
];

/**
 * Parse Server logs request bodies at the levels `verbose` and `silly`. At other levels it replaces the logger's method
 * `verbose`.
 */
function logLevel({ loggerController }: ServerConfig): readonly Finding[] {
  if (loggerController === undefined || Object.hasOwn(loggerController, 'verbose')) return [];
  const sentence =
    'The log level is "verbose" or "silly". Parse Server then logs passwords, codes and secrets. Set logLevel to "info" and verbose to false.';
  return [{ reason: 'bodies_are_logged', factor: '', sentence }];
}

/** Parse Server 8.6 and 9.10 do not work with `router` 2.3 and newer: saves of users fail with status 500. */
function routerVersion(): readonly Finding[] {
  const { cache } = createRequire(`${process.cwd()}/`);
  const layers = Object.keys(cache).filter((path) => /[\\/]router[\\/]lib[\\/]layer\.js$/.test(path));
  const versions = layers.map((path) => {
    const require = createRequire(path);
    return String(asObject(require(join(dirname(path), '..', 'package.json')))?.['version']);
  });
  const isBroken = (version: string): boolean => {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    return major > 2 || (major === 2 && minor >= 3);
  };
  const broken = versions.find(isBroken);
  if (broken === undefined) return [];
  const sentence = `Parse Server does not work with router ${broken}: saving a user fails with status 500. Set "overrides": { "router": "2.2.0" } in package.json, delete node_modules and the lock file, and install again.`;
  return [{ reason: 'router_incompatible', factor: '', sentence }];
}

function ownerExempt({ protectedFields, protectedFieldsOwnerExempt }: ServerConfig): readonly Finding[] {
  const hidden = asObject(asObject(protectedFields)?.['_User'])?.['*'];
  if (protectedFieldsOwnerExempt !== false || !Array.isArray(hidden) || !hidden.includes('authData')) return [];
  const sentence =
    'protectedFieldsOwnerExempt is false, so users do not see their own factors on the user object. Let clients call the Cloud function "factorsStatus", as @parse-factors/client does, or set the option to true.';
  return [{ reason: 'owners_see_no_factors', factor: '', sentence }];
}

/** A second factor resets passwords by the verified `email` only. */
function resetsWithoutEmail(runtime: Runtime, server: ServerConfig): readonly Finding[] {
  const { passwordReset, factors } = runtime;
  const isMarked = losesMark('email', runtime, (server.verifyUserEmails ?? false) !== false);
  const idle = passwordReset.filter((key) => identityOf(factors[key]) === undefined);
  return (isMarked ? [] : idle).map((factor) => ({
    reason: 'reset_finds_no_email',
    factor,
    sentence: `"${factor}" in passwordReset sends codes to a verified "email" only, and the server verifies none. Set addressVerification: { email: "${factor}" }, or Parse Server's verifyUserEmails.`,
  }));
}

/**
 * Finds checks before a message that browsers cannot pass: a page of another origin may send a header only if Parse Server allows
 * it (CORS).
 */
export function checkHeaders({ factors }: Pick<Runtime, 'factors'>, { allowHeaders }: ServerConfig): readonly Finding[] {
  const allowed = (Array.isArray(allowHeaders) ? allowHeaders : []).map((name) => String(name).trim().toLowerCase());
  return Object.entries(factors).flatMap(([factor, { requestChecks = [] }]) =>
    requestChecks
      .filter(({ header }) => !allowed.includes(header))
      .map(({ header }): Finding => {
        const sentence = `The option "allow" of "${factor}" reads the header ${header}, which browsers cannot send from another origin. Set allowHeaders: ['${header}'] in Parse Server's options.`;
        return { reason: 'check_header_not_allowed', factor, sentence };
      }),
  );
}

/**
 * Finds factors with records that do not open: their key is missing in `keys`, or they are of another application id. Their
 * users cannot log in.
 */
export async function unreadableRecords(bridge: Bridge, server: ServerConfig): Promise<readonly Finding[]> {
  const { runtime } = bridge;
  const findings: Finding[] = [];
  const known = runtime.recordKeyring.names.map((name) => name.replaceAll(/[^\w]/g, '\\$&')).join('|');
  for (const key of Object.keys(runtime.factors)) {
    const where = (regex: string): Promise<readonly AccountState[]> =>
      findAccounts(server, { [`authData.${key}.sealed`]: { $regex: regex } }, SAMPLE);
    const isUnreadable = (account: AccountState): boolean =>
      new UserFactor(key, runtime, bridged(bridge, { config: server }), account).status['status'] === 'unreadable';
    const ofUnknownKeys = (await where(`^(?!1\\.(?:${known})\\.)`)).length;
    const unreadable = (await where('.')).filter(isUnreadable).length;
    if (ofUnknownKeys + unreadable === 0) continue;
    const why =
      ofUnknownKeys > 0 ? 'their key is missing in option "keys"' : 'they were sealed for another appId, or were changed';
    const sentence = `Users cannot log in with "${key}": ${why}, so their records do not open. Add the old key to "keys", or the old appId to formerAppIds.`;
    findings.push({ reason: 'records_unreadable', factor: key, sentence });
  }
  return findings;
}

/** Finds factors that accept fixed test codes now. */
export function testCodes({ factors, clock }: Runtime): readonly Finding[] {
  return Object.entries(factors).flatMap(([factor, { addressProof }]) => {
    const period = addressProof?.testCodes;
    if (period === undefined || clock() >= period.ends) return [];
    const sentence = `"${factor}" accepts fixed test codes until ${period.lastDay}. Anyone who knows such a code can sign in with it. Remove the option "testCodes" when the tests are over.`;
    return [{ reason: 'test_codes' as const, factor, sentence }];
  });
}
