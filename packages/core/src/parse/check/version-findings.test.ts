import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { mongoVersionFindings, SUPPORTED, versionFindings } from './version-findings.js';

interface Manifest {
  readonly engines: { readonly node: string };
  readonly peerDependencies: { readonly 'parse-server': string };
}

it('the supported versions are those of the package', () => {
  const path = fileURLToPath(new URL('../../../package.json', import.meta.url));
  const { engines, peerDependencies } = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  const { parseServer, node } = SUPPORTED;
  // npm counts a version such as 9.10.1-alpha.0 to no range that does not name it.
  const [range, ...alphas] = peerDependencies['parse-server'].split(' || ');
  expect(range).toBe(`>=${parseServer.from} <${parseServer.below}`);
  for (const alpha of alphas) expect(versionFindings({ parseServer: alpha.replace('^', ''), node: node.from })).toEqual([]);
  expect(engines.node).toBe(`>=${node.from}`);
});

const found = (parseServer: string | undefined, node = SUPPORTED.node.from): readonly string[] =>
  versionFindings({ parseServer, node }).map(({ reason, sentence }) => `${reason}: ${sentence}`);

it.each(['8.6.0', '8.6.1', '8.10.0', '9.0.0', '9.10.1-alpha.1', '9.99.9', undefined])('Parse Server %s is supported', (version) =>
  expect(found(version)).toEqual([]),
);

it.each(['8.5.99', '7.9.9', '6.0.0-beta.1', '10.0.0', '10.0.0-alpha.1', '11.2.3'])('Parse Server %s is not', (version) =>
  expect(found(version)).toEqual([expect.stringMatching(/^version_unsupported: Parse Server .* is not supported/)]),
);

it.each<readonly [string, number]>([
  ['20.19.0', 0],
  ['20.20.2', 0],
  ['22.0.0', 0],
  ['20.18.9', 1],
  ['18.99.0', 1],
])('Node %s makes %i findings', (node, count) => expect(found('9.10.0', node)).toHaveLength(count));

it.each(['8.6.60', '8.6.94', '9.6.0', '9.10.1-alpha.1', '10.0.0', undefined])('Parse Server %s works with MongoDB', (version) =>
  expect(mongoVersionFindings(version)).toEqual([]),
);

it.each([
  ['8.6.0', '8.6.60'],
  ['8.6.59', '8.6.60'],
  ['9.0.0', '9.6.0'],
  ['9.5.1', '9.6.0'],
])('Parse Server %s does not, and %s does', (version, from) =>
  expect(mongoVersionFindings(version)).toMatchObject([
    { reason: 'parse_server_too_old', sentence: expect.stringContaining(`to ${from} or newer`) },
  ]),
);
