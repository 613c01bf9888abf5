import { createRequire } from 'node:module';
import { join } from 'node:path';

const folder = process.env['PARSE_SERVER_HOME'];

/**
 * Loads Parse Server and what it brings along: the one that is installed here, or another version's
 * where `PARSE_SERVER_HOME` names the folder that it was installed in.
 */
export const requireParseServer: NodeJS.Require = createRequire(
  folder === undefined ? import.meta.url : join(folder, 'package.json'),
);

/** Its major version. */
export const parseServerMajor: number = Number.parseInt(
  (requireParseServer('parse-server/package.json') as { readonly version: string }).version,
);
