import { createRequire } from 'node:module';
import { join } from 'node:path';

const folder = process.env['PARSE_SERVER_HOME'];

/** Loads Parse Server and its dependencies: the installed version, or the one in the folder `PARSE_SERVER_HOME`. */
export const requireParseServer: NodeJS.Require = createRequire(
  folder === undefined ? import.meta.url : join(folder, 'package.json'),
);

/** The major version of that Parse Server. */
export const parseServerMajor: number = Number.parseInt(
  (requireParseServer('parse-server/package.json') as { readonly version: string }).version,
);
