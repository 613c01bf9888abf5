import type { Block, Page, Problem } from './page.js';

/** A reply that a page shows. */
export interface ShownReply {
  readonly line: number;
  readonly text: string;
  /** The HTTP status, where the page says it. */
  readonly status: number | undefined;
}

/** A part of a page that is run. */
export interface Part {
  readonly line: number;
  readonly shell: string;
  readonly reply: ShownReply | undefined;
}

/** What of a page is run, in its order. */
export interface PageScript {
  readonly page: Page;
  readonly parts: readonly Part[];
  readonly problems: readonly Problem[];
}

const quoted = (text: string): string => `'${text.trim().replaceAll("'", String.raw`'\''`)}'`;

/** The reader's own server is the example here. */
const atExample = (shell: string): string =>
  shell
    .replaceAll(/https:\/\/acme\.example|http:\/\/localhost:1337/g, '$URL')
    .replaceAll(/'([^'\n]*)\$URL([^'\n]*)'/g, '"$1$URL$2"')
    .replaceAll(/(X-Parse-Application-Id: )acme\b/g, '$1example');

/** Shell lines up to each reply that stands below them as a comment. */
function shellParts({ line, text }: Block): readonly Part[] {
  const parts: Part[] = [];
  let shell: string[] = [];
  let start = line + 1;
  const push = (reply: ShownReply | undefined, next: number): void => {
    if (shell.some((each) => each.trim() !== '')) parts.push({ line: start, shell: atExample(shell.join('\n')), reply });
    shell = [];
    start = next;
  };
  for (const [index, each] of text.split('\n').entries()) {
    const here = line + 1 + index;
    if (/^# \{.*\}$/.test(each)) push({ line: here, text: each.slice(2), status: undefined }, here + 1);
    else shell.push(each);
  }
  push(undefined, start);
  return parts;
}

/** Shell lines that are run: those that ask the server, and what a page needs beforehand. */
const isRun = ({ info, text, isHidden }: Block): boolean => isHidden || (/^(?:sh|bash)\b/.test(info) && /\bcurl\b/.test(text));

/** Makes a script of a page's blocks. */
class ScriptWriter {
  readonly parts: Part[] = [];
  readonly problems: Problem[] = [];
  #operation: { readonly block: Block; readonly isSession: boolean; isSent: boolean } | undefined;
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  read(block: Block): void {
    const { info, line, text } = block;
    const [, method = '', path = '', session = ''] = /^json request (\S+) (\S+)(?: (session))?$/.exec(info) ?? [];
    const [isReply, status] = /^json reply(?: (\d+))?$/.exec(info) ?? [];
    if (isRun(block)) this.#addShell(block);
    else if (method !== '') this.#send(line, 'request', [method, path, session, text]);
    else if (info.startsWith('graphql')) this.#begin(block);
    else if (info === 'json variables') this.#sendOperation(line, text);
    else if (isReply !== undefined) this.#show({ line, text, status: status === undefined ? undefined : Number(status) });
  }

  end(): void {
    const left = this.#operation;
    if (left === undefined || left.isSent) return;
    if (/[(:]\s*\$|\(\s*\$/.test(left.block.text))
      this.#complain(left.block.line, 'a GraphQL operation whose variables are not given is not run');
    else this.#sendOperation(left.block.line, '{}');
  }

  #begin(block: Block): void {
    this.end();
    this.#operation = { block, isSession: block.info === 'graphql session', isSent: false };
  }

  #sendOperation(line: number, variables: string): void {
    const operation = this.#operation;
    if (operation === undefined) return this.#complain(line, 'no GraphQL operation stands above these variables');
    operation.isSent = true;
    this.#send(line, 'operation', [operation.isSession ? 'session' : '', JSON.stringify(operation.block.text), variables]);
  }

  #send(line: number, how: string, words: readonly string[]): void {
    this.parts.push({ line, shell: `${how} ${words.map(quoted).join(' ')}`, reply: undefined });
  }

  #addShell(block: Block): void {
    const hidden = block.text.split('\n').findIndex((each) => !each.startsWith('#') && each.includes('…'));
    if (hidden >= 0) this.#complain(block.line + 1 + hidden, '… stands in a line that readers run');
    this.parts.push(...shellParts(block));
  }

  #show(reply: ShownReply): void {
    const last = this.parts.pop();
    if (last === undefined || last.reply !== undefined)
      return this.#complain(reply.line, 'nothing is run that this could be the reply to');
    this.parts.push({ ...last, reply });
  }

  #complain(line: number, what: string): void {
    this.problems.push({ page: this.#page.name, line, what });
  }
}

/** What of a page is run; undefined where nothing is. */
export function scriptOf(page: Page): PageScript | undefined {
  if (!page.blocks.some((block) => isRun(block) || /^(?:graphql|json request)\b/.test(block.info))) return undefined;
  const writer = new ScriptWriter(page);
  for (const block of page.blocks) writer.read(block);
  writer.end();
  return { page, parts: writer.parts, problems: writer.problems };
}
