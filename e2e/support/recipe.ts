import { docsBlocks, type DocsBlock } from './docs-page.js';

/** A request of a page; what stands in braces in it is still to be filled in. */
export interface RecipeRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly hasSession: boolean;
}

/** What the page says that the request is answered with, if it does; `…` stands for anything. */
export interface RecipeReply {
  readonly status: number;
  readonly body: unknown;
}

const blocksOf = (page: string): DocsBlock[] => docsBlocks(`clients/${page}`);

/** The requests of the REST page in their order, each with its reply. */
export function restRecipe(): (readonly [RecipeRequest, RecipeReply | undefined])[] {
  const blocks = blocksOf('rest');
  return blocks.flatMap(({ info, text }, index) => {
    const [, method = '', path = '', session] = /^json request (\S+) (\S+)( session)?$/.exec(info) ?? [];
    if (method === '') return [];
    const next = blocks[index + 1];
    const [, status] = /^json reply (\d+)$/.exec(next?.info ?? '') ?? [];
    const reply = status === undefined ? undefined : { status: Number(status), body: JSON.parse(next?.text ?? '') as unknown };
    return [[{ method, path, body: JSON.parse(text) as unknown, hasSession: session !== undefined }, reply] as const];
  });
}

/** The requests of the GraphQL page in their order: each block of variables with the mutation above it. */
export function graphqlRecipe(): { query: string; variables: unknown; hasSession: boolean }[] {
  let mutation: DocsBlock | undefined;
  return blocksOf('graphql').flatMap((block) => {
    if (block.info.startsWith('graphql')) mutation = block;
    if (block.info !== 'json variables' || mutation === undefined) return [];
    const variables = JSON.parse(block.text) as unknown;
    return [{ query: mutation.text, variables, hasSession: mutation.info === 'graphql session' }];
  });
}

/** The requests that the code of a page sends, in their order: every call of `send` with a literal. */
export function codeRecipe(page: string): RecipeRequest[] {
  const code = plainLiterals(
    blocksOf(page)
      .map(({ text }) => text)
      .join('\n'),
  );
  return [...code.matchAll(/\b[sS]end\((?=["'])/g)].map(({ index, 0: { length } }) => {
    const [method = '', path = '', body = '', session] = argumentsOf(code.slice(index + length));
    return {
      method: method.slice(1, -1),
      path: path.replace(/^\$?["'`]|["'`]$/g, '').replace(/\\\(userId\)|\$userId|\$\{userId\}/, '{userId}'),
      body: JSON.parse(toJson(body)) as unknown,
      hasSession: session === 'session',
    };
  });
}

/** The code with the literals of Objective-C as other languages write them. `id` is a type there, so its page says `identifier`. */
const plainLiterals = (code: string): string =>
  code
    .replaceAll('UserPath(userId)', '"/users/{userId}"')
    .replaceAll('identifier', 'id')
    .replaceAll('@YES', 'true')
    .replaceAll('[NSNull null]', 'null')
    .replaceAll(/@(?=["{])/g, '');

/** What a call is given, up to the bracket that closes it. */
function argumentsOf(code: string): string[] {
  const given = [''];
  let depth = 0;
  for (const token of code.match(/"[^"]*"|'[^']*'|[\s\S]/g) ?? []) {
    if (/^[[({]$/.test(token)) depth += 1;
    if (/^[\])}]$/.test(token)) depth -= 1;
    if (depth < 0) break;
    if (depth === 0 && token === ',') given.push('');
    else given[given.length - 1] += token;
  }
  return given.map((text) => text.trim());
}

/** A literal of Swift, Objective-C, Kotlin, Dart or C# as JSON. A variable becomes its name in braces. */
function toJson(literal: string): string {
  const tokens = literal
    .replaceAll(/NSNull\(\)|JSONObject\.NULL|\(string\?\)null/g, 'null')
    .replaceAll(/mapOf\(|new \{/g, '{')
    .match(/"[^"]*"|'[^']*'|\w+|[^\s\w]/g);
  const json = (tokens ?? []).map((token, index, all) => {
    if (/^["']/.test(token)) return JSON.stringify(token.slice(1, -1));
    if (token === 'to' || token === '=') return ':';
    if (token === '[' || token === '(') return '{';
    if (token === ']' || token === ')') return '}';
    if (!/^\w+$/.test(token) || token === 'true' || token === 'null') return token;
    const isKey = ['=', ':'].includes(all[index + 1] ?? '');
    // C# names a field after the variable that it is given.
    const isShort = !isKey && ['{', ','].includes(all[index - 1] ?? '');
    return isKey ? `"${token}"` : isShort ? `"${token}": "{${token}}"` : `"{${token}}"`;
  });
  return json.join('');
}
