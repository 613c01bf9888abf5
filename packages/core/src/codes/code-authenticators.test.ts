import { describe, expect, it } from 'vitest';
import { ANN, codeOptions, MAIL, TestChannel } from '../../test/code-stage.js';
import { outcomeOf, userWith } from '../../test/unit-stage.js';
import type { AccountChange } from '../factor/notification.js';
import { type Addresses, CodeAuthenticators } from './code-authenticators.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import { CodeFactor } from './code-factor.js';

const WORK = 'ann@work.example';
const own = new CodeAuthenticators(MAIL, 2);
const single = new CodeAuthenticators(MAIL, 1);
const old: Addresses = { address: ANN };
const first = { address: ANN, id: 'x', name: 'Mine' };
const both: Addresses = { ...first, others: [{ address: WORK, id: 'y', name: 'Work' }] };

describe('the addresses of a user', () => {
  it.each([
    ['another address', old, WORK, undefined, 'passes'],
    ['the first address', undefined, ANN, undefined, 'passes'],
    ['the same address', old, ANN, undefined, 'already_enrolled: This factor is already set up.'],
    ['the second of two again', both, WORK, 'x', 'already_enrolled: This factor is already set up.'],
    ['one too many', both, 'c@d', undefined, 'invalid_input: You have reached the maximum number of addresses (2).'],
    ['one in place of another', both, 'c@d', 'y', 'passes'],
    ['one in place of none', both, 'c@d', 'z', 'not_enrolled: There is no such address.'],
  ])('say whether the user may set up %s', async (_name, enrolment, address, replaces, expected) => {
    expect(await outcomeOf(() => own.assertNew(enrolment, address, replaces))).toBe(expected);
  });

  it('are replaced without naming one where a user can have only one', async () => {
    expect(await outcomeOf(() => single.assertNew(old, WORK))).toBe('passes');
    expect([single.multiple, single.isSeveral(old), single.isSeveral(both)]).toEqual([undefined, false, true]);
  });

  it('show what is kept by the number of them', () => {
    expect(single.describe(old)).toEqual({ destination: 'a***' });
    const authenticators = JSON.stringify([{ id: 'first', name: 'Unnamed address', destination: 'a***' }]);
    expect(own.describe(old)).toEqual({ destination: 'a***', authenticators });
  });

  it('are chosen by their id, and listed if there are several', async () => {
    const { choose, choices } = own.several;
    expect(choices?.(old)).toEqual({});
    expect(JSON.parse(String(choices?.(both)['destinations']))).toEqual([
      { id: 'x', destination: 'a***' },
      { id: 'y', destination: 'a***' },
    ]);
    expect(choose?.(both, { id: 'y' })).toEqual({ address: WORK, id: 'y', name: 'Work' });
    expect(choose?.(old, { id: 'first' })).toEqual(old);
    expect(choose?.(both, { show: 'status' })).toBe(undefined);
    expect(single.several.choose?.(old, { id: 'first' })).toBe(undefined);
    expect(await outcomeOf(() => choose?.(both, { id: 'z' }))).toBe('not_enrolled: There is no such address.');
    expect(await outcomeOf(() => choose?.(both, { id: ['y'] }))).toMatch(/^invalid_input: Field "id"/);
  });

  it('are narrowed to those that are kept', () => {
    expect(own.only(both, () => true)).toBe(both);
    expect(own.only(both, ({ address }) => address === WORK)).toEqual({ address: WORK, id: 'y', name: 'Work' });
    expect(own.only(both, () => false)).toBe(undefined);
    expect(own.only(old, () => false)).toBe(undefined);
  });

  it('are added, and replaced, as they are stored by then', async () => {
    const added: Addresses = { address: 'c@d', id: 'z', name: 'New' };
    const merge = (stored: Addresses, replaces?: string): Addresses | undefined => own.multiple?.merge(stored, added, replaces);
    expect(merge(old)).toEqual({ ...old, id: 'first', name: 'Unnamed address', others: [added] });
    expect(merge(both, 'x')).toEqual({ ...added, others: both.others });
    expect(await outcomeOf(() => merge(both))).toMatch(/^invalid_input/);
  });
});

class MailFactor extends CodeFactor {
  constructor(more: Partial<ResolvedCodeFactorOptions>, channel = new TestChannel()) {
    super(MAIL, codeOptions(channel, more));
  }
}

describe('a factor of several addresses', () => {
  it('notifies all of them', async () => {
    const request = { headers: {}, ip: undefined, installationId: undefined };
    const change: AccountChange = { type: 'removed', request };
    const told = new MailFactor({ maxAuthenticators: 2 }).notifies?.notificationsFor(userWith(), both, change);
    expect(told?.map(({ address }) => address)).toEqual([ANN, WORK]);
  });

  it.each([
    [{ policy: 'default' }, 'MailFactor: option "maxAuthenticators" works only with policy "additional"; leave it out'],
    [{ destination: () => ANN }, 'MailFactor: option "maxAuthenticators" must be 1 with option "destination"'],
  ] as const)('is refused with %j', (more, message) => {
    expect(() => new MailFactor({ maxAuthenticators: 2, ...more })).toThrow(message);
    expect(() => new MailFactor({ maxAuthenticators: 1, ...more })).not.toThrow();
  });
});
