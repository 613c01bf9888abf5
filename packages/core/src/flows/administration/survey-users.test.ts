import { describe, expect, it } from 'vitest';
import { memoryServer } from '../../../test/memory-server.js';
import { factorsByRole, userWith } from '../../../test/unit-stage.js';
import type { PolicyOption } from '../../account/policy-options.js';
import type { AccountState, ServerRequest } from '../../account/ports.js';
import { MAX_SURVEYED, surveyUsers } from './survey-users.js';

const factors = factorsByRole({ otp: 'second' });

/** A server with that many users, `u000001` and on. */
function crowd(count: number, policy: PolicyOption = 'any') {
  const { runtime, server } = memoryServer({ factors, policy });
  const users = Array.from({ length: count }, (_, index): AccountState => {
    const id = `u${String(index + 1).padStart(6, '0')}`;
    return { id, user: userWith({ username: id, createdAt: '2030-01-01T00:00:00.000Z' }, id), stored: {}, unconfirmed: [] };
  });
  const list = async (after: string, limit: number) => users.filter(({ id }) => id > after).slice(0, limit);
  const request: ServerRequest = {
    client: { ip: '192.0.2.1', installationId: 'mine', headers: { 'user-agent': 'mine' } },
    hasMasterKey: true,
    server: { ...server, accounts: { ...server.accounts, list } },
  };
  return { runtime, request };
}

describe('a survey of users', () => {
  it.each([0, 1, 8, 499, 500, 501, 1000])('reads each of %i users once', async (count) => {
    const { runtime, request } = crowd(count);
    const seen: string[] = [];
    const survey = await surveyUsers(runtime, request, { after: '', read: async ({ id }) => void seen.push(id) });
    expect([new Set(seen).size, seen.length, survey]).toEqual([count, count, { kept: [] }]);
  });

  it('ends when it has kept 1000, and goes on after the last', async () => {
    const { runtime, request } = crowd(1203);
    const read = async ({ id }: { readonly id: string }) => id;
    const first = await surveyUsers(runtime, request, { after: '', read });
    expect([first.kept.length, first.next]).toEqual([1000, 'u001000']);
    const second = await surveyUsers(runtime, request, { after: String(first.next), read });
    expect([second.kept.length, second.kept[0], second.next]).toEqual([203, 'u001001', undefined]);
  });

  it('reads no more than its limit', async () => {
    const { runtime, request } = crowd(MAX_SURVEYED + 1);
    let seen = 0;
    const survey = await surveyUsers(runtime, request, { after: '', read: async () => void (seen += 1) });
    expect([seen, survey.next]).toEqual([MAX_SURVEYED, `u00${MAX_SURVEYED}`]);
  });

  it("asks the policy about an unknown client, not about the administrator's, and survives a policy that fails", async () => {
    const asked: unknown[] = [];
    const policy: PolicyOption = ({ user, ip, headers, installationId }) => {
      asked.push([ip, headers, installationId]);
      if (user.id === 'u000002') throw new Error('no');
      return { atLeast: 1 };
    };
    const { runtime, request } = crowd(2, policy);
    const read = async (user: { readonly mustEnrol: () => Promise<boolean | undefined> }) => String(await user.mustEnrol());
    expect((await surveyUsers(runtime, request, { after: '', read })).kept).toEqual(['true', 'undefined']);
    expect(asked).toEqual([
      [undefined, {}, undefined],
      [undefined, {}, undefined],
    ]);
  });
});
