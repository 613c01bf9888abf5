import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkCommands } from './commands.js';
import { checkErrors } from './errors.js';
import { checkLinks } from './links.js';
import type { ListedOwner } from './option-list.js';
import { checkOptionTables } from './option-tables.js';
import { renderOptions } from './options-page.js';
import { hiddenBlocks, pageOf, root, type Page, type Problem } from './page.js';
import { checkQuotes, readSaid } from './quotes.js';
import { scriptOf } from './page-script.js';
import { difference } from './reply.js';

/** What `npm run check:docs` says to pages that are wrong. That it compiles and runs what they hold, it shows itself. */

const page = (text: string, name = 'docs/protect/wrong.md'): Page => pageOf(join(root, name), text);
const said = (problems: readonly Problem[]): string[] => problems.map(({ page, line, what }) => `${page}:${line}: ${what}`);

const option = { says: 'It lasts.', type: 'number', isOptional: true, isRequired: false, isInherited: false, defaultText: '' };
const owners: ListedOwner[] = [
  {
    owner: { name: 'made', from: '@parse-factors/made', type: 'MadeOptions' },
    options: [
      { ...option, name: 'lastsMs', accepts: 'a whole number from 1000 to 60000', fallback: '30,000' },
      { ...option, name: 'kind', accepts: 'a function', fallback: undefined, isRequired: true },
    ],
  },
];
const inTable = (...rows: string[]): string =>
  ['<!-- options: made -->', '', '| name | type | default | |', '|---|---|---|---|', ...rows].join('\n');
const table = (...rows: string[]): Page => page(inTable(...rows));
const LASTS = '| `lastsMs` | ms, 1,000 to 60,000 | 30,000 | |';
const KIND = '| `kind` | function | required | |';

describe('links', () => {
  it('lead to files and headings, as GitHub and the site find them', () => {
    const wrong = page('a\n[b](nowhere.md) [c](policies.md#nowhere)\n[d](/protect/nowhere) ![e](../public/none.png)\n');
    expect(said(checkLinks(wrong))).toEqual([
      'docs/protect/wrong.md:2: nowhere.md: leads nowhere',
      'docs/protect/wrong.md:2: policies.md#nowhere: no such heading',
      'docs/protect/wrong.md:3: /protect/nowhere: leads nowhere',
      'docs/protect/wrong.md:3: ../public/none.png: leads nowhere',
    ]);
    expect(checkLinks(page('[a](policies.md) [b](/protect/policies) [c](policies#policies-1) `[d](e.md)`'))).toHaveLength(1);
    expect(checkLinks(page('[a](/protect/policies)', 'README.md'))).toHaveLength(1);
  });
});

describe('commands', () => {
  it('are those of our packages: npx downloads others, and runs them', () => {
    const right = 'KEYS=$(npx @parse-factors/core keygen)\n`npx --no @parse-factors/mfa-compat`\nnpx vitest run';
    expect(said(checkCommands(page(right)))).toEqual([]);
    const wrong = 'a\nKEYS=$(npx parse-factors keygen)\n`npx -y @parse-factors/totp`';
    expect(said(checkCommands(page(wrong)))).toEqual([
      'docs/protect/wrong.md:2: npx parse-factors: is no package of ours with a command',
      'docs/protect/wrong.md:3: npx @parse-factors/totp: is no package of ours with a command',
    ]);
  });
});

describe('quotes', () => {
  it('are what our sources or Parse Server say, without what differs each time', () => {
    const said = readSaid();
    const right = [
      '### `install: Parse Server has not started; call install from Cloud Code or after the start`',
      '`code_rejected: This code has already been used. Wait for the next one in your app.`',
      '`option "policy" requires … second factors, but option "factors" has only …`, `Nothing to challenge.`',
      'Call `await factors.check()`, `POST /challenge`, `verbose: false`, `{ atLeast: 2 }`, `code_rejected`.',
    ].join('\n');
    expect(said.length).toBeGreaterThan(100);
    expect(checkQuotes(page(right), said)).toEqual([]);
    const wrong =
      '### `install: call it from Cloud Code`\n\n`code_rejected: This code was used already.`\n`option "policy" demands … factors`\n';
    expect(checkQuotes(page(wrong), said).map(({ line }) => line)).toEqual([1, 3, 4]);
  });
});

describe('tables of options', () => {
  it('have the options of the source and no others, with their bounds, units and defaults; in a README all of them', () => {
    expect(checkOptionTables([table(LASTS, KIND)], owners)).toEqual([]);
    const complaints = (...rows: string[]): string[] => said(checkOptionTables([table(...rows)], owners));
    expect(complaints(LASTS)).toEqual([]);
    expect(said(checkOptionTables([page(inTable(LASTS), 'packages/made/README.md')], owners))).toEqual([
      'packages/made/README.md:1: lacks the option kind of made',
    ]);
    expect(complaints(LASTS, KIND, '| `other` | | | |')).toEqual(['docs/protect/wrong.md:7: made has no option other']);
    expect(complaints('| `lastsMs` | ms, 1,000 to 90,000 | 30,000 | |', KIND)).toEqual([
      'docs/protect/wrong.md:5: option lastsMs of made takes 1000 to 60000',
    ]);
    expect(complaints('| `lastsMs` | s, 1,000 to 60,000 | 30,000 | |', KIND)).toEqual([
      'docs/protect/wrong.md:5: option lastsMs of made is in ms',
    ]);
    expect(complaints('| `lastsMs` | ms, 1,000 to 60,000 | 30 minutes | |', KIND)).toEqual([
      'docs/protect/wrong.md:5: option lastsMs of made is 30,000 by default',
    ]);
    expect(complaints(LASTS, '| `kind` | function | none | |')).toEqual([
      'docs/protect/wrong.md:6: option kind of made is required',
    ]);
  });

  it('say whose they are', () => {
    const unbound = page('| name | default |\n|---|---|\n| `lastsMs` | 30,000 |\n');
    expect(said(checkOptionTables([unbound], owners))).toEqual([
      expect.stringMatching(/^docs\/protect\/wrong\.md:1: a table of defaults/),
    ]);
    expect(said(checkOptionTables([page('<!-- options: Unknown -->\n\n')], owners))).toEqual([
      'docs/protect/wrong.md:1: there are no options of Unknown',
    ]);
  });
});

describe('errors', () => {
  it('are those of the source, with their codes', () => {
    const reference = page('| `code_rejected` | 211 | x | |\n| `made_up` | 1 | x | |\n', 'docs/reference/errors.md');
    const complaints = said(checkErrors([reference, page('`locke_d`\n`{"code": 1, "error": "locked: x"}`')]));
    expect(complaints).toContain('docs/reference/errors.md:1: lacks the error locked');
    expect(complaints).toContain('docs/reference/errors.md:1: code_rejected has the Parse code 210');
    expect(complaints).toContain('docs/reference/errors.md:2: there is no error made_up');
    expect(complaints).toContain('docs/protect/wrong.md:1: the source knows no locke_d');
    expect(complaints).toContain('docs/protect/wrong.md:2: locked does not have the Parse code 1');
  });
});

describe('lines that are run', () => {
  const curl = '```sh\ncurl -s https://acme.example/parse/health -H "X-Parse-Application-Id: acme"\n```\n';

  it('ask the example, one block after the other, and keep the reply that the page shows', () => {
    const { parts = [], problems } = scriptOf(page(`${curl}\n\`\`\`json reply 200\n{ "status": "ok" }\n\`\`\`\n`)) ?? {};
    expect(problems).toEqual([]);
    expect(parts).toMatchObject([{ line: 2, reply: { line: 5, status: 200 } }]);
    expect(parts[0]?.shell).toContain('$URL/parse/health -H "X-Parse-Application-Id: example"');
    expect(scriptOf(page('```sh\nnpm start\n```\n'))).toBeUndefined();
  });

  it('hold nothing to be filled in, and leave no operation out', () => {
    const complaints = (text: string): string[] => said(scriptOf(page(text))?.problems ?? []);
    expect(complaints(curl.replace('acme.example', '…'))).toEqual([
      'docs/protect/wrong.md:2: … stands in a line that readers run',
    ]);
    expect(complaints('```graphql\nmutation A($a: B!) { c(a: $a) }\n```\n')).toHaveLength(1);
    expect(complaints(`${curl}${'```json reply\n{}\n```\n'.repeat(2)}`)).toHaveLength(1);
    expect(hiddenBlocks(page('- a\n  ```sh\n  curl x\n  ```\n'))).toHaveLength(1);
  });

  it('are answered as shown, … standing for anything', () => {
    expect(
      difference({ a: 'b…d', at: '2026-01-01T00:00:00.000Z' }, { a: 'bcd', at: '2027-02-02T03:04:05.678Z', more: 1 }),
    ).toBeUndefined();
    expect(difference({ a: { b: 'c' } }, { a: { b: 'd' } })).toBe('a.b is "d"');
    expect(difference({ a: '…' }, {})).toBe('a is undefined');
    expect(difference([1], [1, 2])).toBe('the reply is [1,2]');
  });
});

describe('what the documents show', () => {
  it("fits Parse Server's types in comments too: startApp, and no function as cloud", () => {
    const pages = ['docs', 'packages'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.md') && !/(?:^|\/)(?:node_modules|dist)\//.test(path))
        .map((path) => join(root, folder, path)),
    );
    pages.push(join(root, 'README.md'));
    expect(pages.length).toBeGreaterThan(50);
    const wrong = pages.filter((path) => /\bnew ParseServer\(|\bcloud: (?:async )?\(/.test(readFileSync(path, 'utf8')));
    expect(wrong.map((path) => relative(root, path))).toEqual([]);
  });
});

describe('the reference of options', () => {
  const options = owners.flatMap((each) => each.options);
  const titleOf = (name: string): string | undefined =>
    renderOptions([{ owner: { name, from: 'x', type: 'X' }, options: [] }], []).match(/^## (.*)$/m)?.[1];

  it.each([
    ['failover', '`failover`'],
    ['makeIt of makeAll', '`makeIt` of `makeAll`'],
    ['makeIt, makeAll', '`makeIt`, `makeAll`'],
    ['channels over HTTP', 'Channels over HTTP'],
  ])('names %s as %s, with code as it is written', (name, title) => expect(titleOf(name)).toBe(title));

  it('shows all that an option accepts', () => {
    const accepts = 'true, false, or { keepDays }';
    const either = { ...option, name: 'keep', type: 'boolean | KeepOptions', accepts, fallback: undefined };
    const plain = { ...option, name: 'plain', type: 'boolean', accepts: undefined, fallback: undefined };
    const owner = { name: 'made', from: 'x', type: 'X' };
    const text = renderOptions([{ owner, options: [...options, either, plain] }], []);
    expect(text).toContain(`| \`keep\` | ${accepts} |`);
    expect(text).toContain('| `plain` | boolean |');
  });
});
