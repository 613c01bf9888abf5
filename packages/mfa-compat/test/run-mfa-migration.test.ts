import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionsUrl, runMfaMigration } from '../src/run-mfa-migration.js';

describe('the script', () => {
  let server: Server;
  let url: string;
  const asked: (string | undefined)[] = [];
  const answers: (readonly [number, Record<string, string>, string])[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url);
      const [status, headers, body] = answers.shift() ?? [500, {}, ''];
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/parse/`;
  });
  afterAll(() => server.close());

  const run = async (): Promise<readonly string[]> => {
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    await runMfaMigration({ serverUrl: url, appId: 'app', masterKey: 'secret', limit: 100, apply: false, print });
    return lines;
  };

  it('does not follow to where it is sent on: the master key stays here', async () => {
    answers.push([307, { Location: `${url}stolen` }, '']);
    await expect(run()).rejects.toThrow();
    expect(asked).toEqual(['/parse/functions/mfaMigrate']);
  });

  it('prints nothing that a terminal would obey', async () => {
    const users = [{ userId: 'a\u001b[2Jb', outcome: 'left', to: [], reason: '\u0007x' }];
    answers.push([200, {}, JSON.stringify({ result: { users, seen: 1 } })]);
    expect((await run()).join('')).not.toMatch(/\p{Cc}/u);
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
