import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { FINDING_LEVELS, worstFirst } from './finding.js';

const page = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../../../docs/run/${name}.md`, import.meta.url)), 'utf8');
const reasons = Object.keys(FINDING_LEVELS) as (keyof typeof FINDING_LEVELS)[];

it.each(reasons)('the go-live check list has a line that %s checks', (reason) => {
  const lines = page('go-live')
    .split('\n')
    .filter((line) => new RegExp(`\\| no (?:\`\\w+\`, )*\`${reason}\``).test(line));
  expect(lines).toHaveLength(1);
});

it('every finding that the go-live check list names exists', () => {
  const named = [...page('go-live').matchAll(/\| no ((?:`\w+`(?:, )?)+)/g)].flatMap(([, list = '']) => list.match(/\w+/g) ?? []);
  expect(named.toSorted()).toEqual(reasons.toSorted());
});

it.each(reasons)('the page about deployment says what to do about %s', (reason) => {
  expect(page('deploy')).toMatch(new RegExp(`^\\| \`${reason}\` \\| [^|]+ \\| [^|]+ \\|$`, 'm'));
});

it('findings are sorted by their level, the worst first', () => {
  const levels = worstFirst(reasons.toReversed().map((reason) => ({ reason, factor: '', sentence: '' }))).map(
    ({ reason }) => FINDING_LEVELS[reason],
  );
  const order = ['unprotected', 'broken', 'advice'];
  expect(levels).toEqual(levels.toSorted((one, other) => order.indexOf(one) - order.indexOf(other)));
  expect(new Set(levels)).toEqual(new Set(order));
});
