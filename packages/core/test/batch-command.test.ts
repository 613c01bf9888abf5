import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callBatches } from '../src/commands/batch-command.js';
import { functionsUrl } from '../src/commands/call-function.js';

interface SomeReport {
  readonly seen: number;
  readonly next?: string;
  readonly users: readonly { readonly userId: string }[];
}

describe('the command of an administrator', () => {
  let server: Server;
  let url: string;
  const asked: { path: string | undefined; body: unknown }[] = [];
  const answers: (readonly [number, Record<string, string>, string])[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        asked.push({ path: request.url, body: JSON.parse(text) });
        const [status, headers, body] = answers.shift() ?? [500, {}, ''];
        response.writeHead(status, headers).end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/parse/`;
  });
  afterAll(() => server.close());

  const run = async (after = ''): Promise<readonly SomeReport[]> => {
    asked.length = 0;
    const given = { serverUrl: url, appId: 'app', masterKey: 'secret', limit: 100, apply: false, after };
    const reports: SomeReport[] = [];
    for await (const report of callBatches<SomeReport>('someWork', given)) reports.push(report);
    return reports;
  };

  it('does not follow to where it is sent on: the master key stays here', async () => {
    answers.push([307, { Location: `${url}stolen` }, '']);
    await expect(run()).rejects.toThrow();
    expect(asked.map(({ path }) => path)).toEqual(['/parse/functions/someWork']);
  });

  it('gives nothing to print that a terminal would obey, and goes on with the id as it came', async () => {
    const users = [{ userId: 'a\u001b[2Jb', '\u0007name': '\u009bx' }];
    answers.push([200, {}, JSON.stringify({ result: { users, seen: 1, next: 'a\u001b[2Jb' } })]);
    answers.push([200, {}, JSON.stringify({ result: { users: [], seen: 0 } })]);
    const reports = await run('first');
    expect(JSON.stringify(reports)).not.toMatch(/\\u00|\p{Cc}/u);
    expect(reports[0]?.users[0]).toEqual({ userId: 'a?[2Jb', '?name': '?x' });
    expect(asked.map(({ body }) => body)).toEqual([
      { limit: 100, apply: false, after: 'first' },
      { limit: 100, apply: false, after: 'a\u001b[2Jb' },
    ]);
    answers.push([400, {}, JSON.stringify({ error: 'no\u001b[2J' })]);
    await expect(run()).rejects.toThrow('no?[2J');
  });

  it.each(['http://acme.example/parse', 'https://me:pw@acme.example/parse', 'ftp://acme.example', 'acme.example', ''])(
    'sends nothing to %s',
    (wrong) => {
      expect(() => functionsUrl(wrong)).toThrow('https://');
      expect(() => functionsUrl(wrong)).not.toThrow(/pw/);
    },
  );

  it('knows https, and this machine', () => {
    expect(functionsUrl('https://acme.example/parse/')).toBe('https://acme.example/parse/functions');
    expect(functionsUrl('http://localhost:1337/parse')).toBe('http://localhost:1337/parse/functions');
  });
});
