import type { Finding } from './finding.js';

/** Versions that the tests run on. The package's `peerDependencies` and `engines` say the same, which a test checks. */
export const SUPPORTED: {
  readonly parseServer: { readonly from: string; readonly below: string };
  readonly node: { readonly from: string };
} = {
  parseServer: { from: '8.6.0', below: '10' },
  node: { from: '20.19.0' },
};

/** From these versions on, Parse Server's adapter for MongoDB takes conditions on the stored records of `authData`. */
const MONGODB_FROM: readonly string[] = ['8.6.60', '9.6.0'];

/** The versions that a server runs on. */
interface RunningVersions {
  /** Undefined if Parse Server does not say. */
  readonly parseServer: string | undefined;
  readonly node: string;
}

/** Finds versions of Parse Server and Node that are older or newer than those that are tested. */
export function versionFindings({ parseServer, node }: RunningVersions): readonly Finding[] {
  const { from, below } = SUPPORTED.parseServer;
  const isParseServerKnown = parseServer === undefined || (!isBefore(parseServer, from) && isBefore(parseServer, below));
  const sentences = [
    ...(isParseServerKnown
      ? []
      : [
          `Parse Server ${parseServer} is not supported: these factors are tested from ${from} to below ${below}. Install a version in between.`,
        ]),
    ...(isBefore(node, SUPPORTED.node.from) ? [`Node ${node} is not supported. Install ${SUPPORTED.node.from} or newer.`] : []),
  ];
  return sentences.map((sentence) => ({ reason: 'version_unsupported', factor: '', sentence }));
}

/**
 * Finds a Parse Server that loses conditions on stored records where the database is MongoDB. Two changes of a factor at the same
 * moment then do not see each other, later changes are refused, and the self-check finds no records.
 */
export function mongoVersionFindings(parseServer: string | undefined): readonly Finding[] {
  const from = MONGODB_FROM.find((each) => each.split('.', 1)[0] === parseServer?.split('.', 1)[0]);
  if (parseServer === undefined || from === undefined || !isBefore(parseServer, from)) return [];
  const sentence = `On MongoDB, Parse Server ${parseServer} does not compare stored records. Changes of factors at the same moment overwrite each other, others are refused, and this check sees no records. Update Parse Server to ${from} or newer.`;
  return [{ reason: 'parse_server_too_old', factor: '', sentence }];
}

/** Compares versions by their numbers. What follows them, such as `-alpha.1`, is left out. */
function isBefore(version: string, other: string): boolean {
  const numbers = (text: string): readonly number[] => (text.split('-', 1)[0] ?? '').split('.').map(Number);
  const [ours, theirs] = [numbers(version), numbers(other)];
  const index = [0, 1, 2].find((place) => (ours[place] ?? 0) !== (theirs[place] ?? 0));
  return index !== undefined && (ours[index] ?? 0) < (theirs[index] ?? 0);
}
