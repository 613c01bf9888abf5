import { describe, expect, it } from 'vitest';
import { DAY, MINUTE, outcomeOf, userWith } from '../../test/unit-stage.js';
import { type GivenFactors, LoginPolicy, type PolicyUser } from './login-policy.js';
import type { EnrolmentOptions, Policy, PolicyOption } from './policy-options.js';

const NOW = Date.UTC(2030, 0, 1);
const FACTORS = ['card', 'mail', 'otp', 'sms', 'totp', 'voice'];

interface Login extends PolicyUser, GivenFactors {}

interface Attempt {
  readonly enrolled?: readonly string[];
  readonly given?: readonly string[];
  readonly hasBackup?: boolean;
  readonly roles?: readonly string[];
  readonly fields?: Readonly<Record<string, unknown>>;
}

const policyOf = (policy: PolicyOption, enrolment: EnrolmentOptions = {}): LoginPolicy =>
  new LoginPolicy(policy, enrolment, () => NOW);

const loginWith = ({ enrolled = [], given = [], hasBackup = false, roles = [], fields = {} }: Attempt): Login => ({
  user: userWith(fields),
  roles: async () => roles,
  enrolled,
  given,
  hasBackup,
  all: FACTORS,
});

const assertLogin = (policy: LoginPolicy, login: Login): Promise<void> => policy.forUser(login).assert(login);
const outcome = (policy: PolicyOption, attempt: Attempt, enrolment?: EnrolmentOptions): Promise<string> =>
  outcomeOf(() => assertLogin(policyOf(policy, enrolment), loginWith(attempt)));

describe('a login policy of any factor', () => {
  it.each<readonly [string, Attempt, string]>([
    ['lets a user without factors log in', {}, 'passes'],
    ['takes an answer to the only factor', { enrolled: ['otp'], given: ['otp'] }, 'passes'],
    ['takes an answer to one of three factors', { enrolled: ['card', 'otp', 'totp'], given: ['totp'] }, 'passes'],
    ['takes answers to all of two factors', { enrolled: ['otp', 'totp'], given: ['otp', 'totp'] }, 'passes'],
    ['takes a backup authenticator alone', { enrolled: ['otp', 'totp'], hasBackup: true }, 'passes'],
    ['takes a first factor that this login sets up', { given: ['otp'] }, 'passes'],
    ['refuses no answer and names the only factor', { enrolled: ['otp'] }, 'factor_required: Also required: otp.'],
    [
      'refuses no answer and names every factor of two',
      { enrolled: ['otp', 'totp'] },
      'factor_required: 1 factors are required; also give one of: otp, totp.',
    ],
  ])('%s', async (_sentence, attempt, expected) => expect(await outcome('any', attempt)).toBe(expected));
});

describe('a login policy of all factors', () => {
  it.each<readonly [string, Attempt, string]>([
    ['lets a user without factors log in', {}, 'passes'],
    ['takes answers to both factors', { enrolled: ['otp', 'totp'], given: ['totp', 'otp'] }, 'passes'],
    [
      'refuses one answer of two and names the other factor',
      { enrolled: ['otp', 'totp'], given: ['totp'] },
      'factor_required: Also required: otp.',
    ],
    [
      'refuses one answer of three and names both others',
      { enrolled: ['card', 'otp', 'totp'], given: ['otp'] },
      'factor_required: Also required: card, totp.',
    ],
    ['refuses no answer and names both factors', { enrolled: ['otp', 'totp'] }, 'factor_required: Also required: otp, totp.'],
    [
      'takes one answer of two beside a backup authenticator',
      { enrolled: ['otp', 'totp'], given: ['otp'], hasBackup: true },
      'passes',
    ],
    [
      'refuses a backup authenticator alone for two factors and names both',
      { enrolled: ['otp', 'totp'], hasBackup: true },
      'factor_required: Also required: otp, totp.',
    ],
    [
      'counts a backup authenticator once, and refuses it beside one answer of three',
      { enrolled: ['card', 'otp', 'totp'], given: ['card'], hasBackup: true },
      'factor_required: Also required: otp, totp.',
    ],
  ])('%s', async (_sentence, attempt, expected) => expect(await outcome('all', attempt)).toBe(expected));
});

describe.each([1, 2, 3, 4, 5])('a login policy of at least %i factors', (atLeast) => {
  const some = FACTORS.slice(0, atLeast);
  const rest = FACTORS.slice(atLeast);

  it(`takes ${atLeast} answers of a user who has ${atLeast} factors`, async () => {
    expect(await outcome({ atLeast }, { enrolled: some, given: some })).toBe('passes');
  });

  it(`refuses ${atLeast - 1} answers of ${atLeast} factors and names the one that is missing`, async () => {
    const given = some.slice(1);
    expect(await outcome({ atLeast }, { enrolled: some, given })).toBe(`factor_required: Also required: ${some[0]}.`);
  });

  it(`demands that a user who has ${atLeast - 1} factors sets up more`, async () => {
    const enrolled = some.slice(1);
    const names = FACTORS.join(', ');
    const expected = `enrolment_required: Set up ${atLeast === 1 ? 'one' : atLeast} of these first: ${names}.`;
    expect(await outcome({ atLeast }, { enrolled, given: enrolled })).toBe(expected);
  });

  it(`takes a login that sets up the factor number ${atLeast}`, async () => {
    expect(await outcome({ atLeast }, { enrolled: some.slice(1), given: some })).toBe('passes');
  });

  it(`lets a user who has ${atLeast + 1} factors choose which of them to answer`, async () => {
    const enrolled = [...some, ...rest.slice(0, 1)];
    expect(await outcome({ atLeast }, { enrolled, given: enrolled.slice(1) })).toBe('passes');
    expect(await outcome({ atLeast }, { enrolled, given: some.slice(1) })).toBe(
      `factor_required: ${atLeast} factors are required; also give one of: ${[some[0], rest[0]].join(', ')}.`,
    );
  });

  it(`counts a backup authenticator for one of the ${atLeast} answers`, async () => {
    expect(await outcome({ atLeast }, { enrolled: some, given: some.slice(1), hasBackup: true })).toBe('passes');
  });

  it(`counts no backup authenticator among the ${atLeast} factors that must be set up`, async () => {
    const enrolled = some.slice(1);
    expect(await outcome({ atLeast }, { enrolled, given: enrolled, hasBackup: true })).toMatch(/^enrolment_required/);
  });

  it(`demands during the grace period no more than the ${atLeast - 1} factors that the user has`, async () => {
    const enrolled = some.slice(1);
    const fields = { createdAt: new Date(NOW) };
    expect(await outcome({ atLeast }, { enrolled, given: enrolled, fields }, { graceMs: DAY })).toBe('passes');
    if (atLeast === 1) return;
    expect(await outcome({ atLeast }, { enrolled, given: enrolled.slice(1), fields }, { graceMs: DAY })).toBe(
      `factor_required: Also required: ${enrolled[0]}.`,
    );
  });
});

describe('a login policy by role', () => {
  const byRole: Readonly<Record<string, Policy>> = { admin: { atLeast: 2 }, auditor: 'all', guest: 'any' };
  const two = ['otp', 'totp'];
  const three = ['card', ...two];

  it.each<readonly [string, PolicyOption, Attempt, string]>([
    [
      'holds a member to the policy of their role',
      { byRole },
      { roles: ['admin'], enrolled: two, given: ['otp'] },
      'factor_required: Also required: totp.',
    ],
    ['holds a user without a role to one factor by default', { byRole }, { enrolled: two, given: ['otp'] }, 'passes'],
    [
      'holds a user of an unnamed role to one factor by default',
      { byRole },
      { roles: ['editor'], enrolled: two, given: ['otp'] },
      'passes',
    ],
    [
      'holds a user without a role to the other policy',
      { byRole, otherwise: 'all' },
      { enrolled: two, given: ['otp'] },
      'factor_required: Also required: totp.',
    ],
    [
      'holds a member to their role and not to the other policy',
      { byRole, otherwise: 'all' },
      { roles: ['guest'], enrolled: two, given: ['otp'] },
      'passes',
    ],
    [
      'holds a member of two roles to the stricter one',
      { byRole },
      { roles: ['guest', 'auditor'], enrolled: three, given: two },
      'factor_required: Also required: card.',
    ],
    [
      'holds a member of three roles to the strictest, in whatever order they are read',
      { byRole },
      { roles: ['auditor', 'guest', 'admin'], enrolled: three, given: ['otp'] },
      'factor_required: Also required: card, totp.',
    ],
    [
      'holds a member of two roles to a number that is higher than what they have',
      { byRole },
      { roles: ['auditor', 'admin'], enrolled: ['otp'], given: ['otp'] },
      `enrolment_required: Set up 2 of these first: ${FACTORS.join(', ')}.`,
    ],
    [
      'takes no inherited property for a role',
      { byRole, otherwise: 'all' },
      { roles: ['constructor', 'toString'], enrolled: two, given: ['otp'] },
      'factor_required: Also required: totp.',
    ],
    ['lets everyone log in where no role is named', { byRole: {} }, { roles: ['admin'] }, 'passes'],
  ])('%s', async (_sentence, policy, attempt, expected) => expect(await outcome(policy, attempt)).toBe(expected));

  it('reads roles for policies that name roles only', async () => {
    const asked: string[] = [];
    const login = (name: string): Login => ({ ...loginWith({}), roles: async () => [String(asked.push(name))] });
    for (const policy of ['any', 'all', { atLeast: 1 }] as const)
      await outcomeOf(() => assertLogin(policyOf(policy), login('plain')));
    expect(asked).toEqual([]);
    await assertLogin(policyOf({ byRole: {} }), login('by role'));
    expect(asked).toEqual(['by role']);
  });

  it('refuses a login when the roles cannot be read', async () => {
    const login = { ...loginWith({}), roles: () => Promise.reject(new Error('no roles')) };
    await expect(assertLogin(policyOf({ byRole }), login)).rejects.toThrow('no roles');
  });
});

describe('a login policy that is a function', () => {
  it('is given the user and their roles, and may answer later', async () => {
    const policy: PolicyOption = async (user, roles) =>
      user.get('isVip') === true && (await roles()).includes('admin') ? 'all' : 'any';
    const attempt = { enrolled: ['otp', 'totp'], given: ['otp'] };
    expect(await outcome(policy, { ...attempt, roles: ['admin'] })).toBe('passes');
    expect(await outcome(policy, { ...attempt, roles: ['admin'], fields: { isVip: true } })).toBe(
      'factor_required: Also required: totp.',
    );
  });

  it.each([
    undefined,
    null,
    true,
    1,
    '',
    'none',
    [],
    {},
    { atLeast: 0 },
    { atLeast: 6 },
    { atLeast: 1.5 },
    { atLeast: 1, or: 2 },
    { byRole: {} },
  ])('refuses every login when it gives %j', async (chosen) => {
    const login = assertLogin(
      policyOf(() => chosen as Policy),
      loginWith({ enrolled: ['otp'], given: ['otp'] }),
    );
    await expect(login).rejects.toMatchObject({ code: 'unavailable', cause: { name: 'PolicyFault' } });
  });

  it('refuses every login when it throws', async () => {
    const policy = (): Policy => {
      throw new Error('broken');
    };
    expect(await outcome(policy, { enrolled: ['otp'], given: ['otp'] })).toBe('broken');
  });
});

describe('the most factors that a login policy is known to demand', () => {
  it.each<readonly [string, PolicyOption, number]>([
    ['is none for any factor', 'any', 0],
    ['is none for all factors', 'all', 0],
    ['is the number of a policy of at least three', { atLeast: 3 }, 3],
    ['is the highest number of a role', { byRole: { a: { atLeast: 2 }, b: { atLeast: 4 }, c: 'all' } }, 4],
    ['is the number for everyone else where that is higher', { byRole: { a: { atLeast: 2 } }, otherwise: { atLeast: 5 } }, 5],
    ['is none where no role is named', { byRole: {} }, 0],
    ['is none for a function', () => ({ atLeast: 5 }), 0],
  ])('%s', (_sentence, policy, expected) => expect(policyOf(policy).mostDemanded).toBe(expected));
});

describe('the demand to set up a factor', () => {
  const required = `enrolment_required: Set up one of these first: ${FACTORS.join(', ')}.`;

  it.each<readonly [string, EnrolmentOptions, Attempt, string]>([
    ['reaches no user by default', {}, {}, 'passes'],
    ['reaches everyone where it is for everybody', { requiredFor: 'everybody' }, {}, required],
    ['spares a user who has a factor', { requiredFor: 'everybody' }, { enrolled: ['otp'], given: ['otp'] }, 'passes'],
    ['spares a login that sets up a factor', { requiredFor: 'everybody' }, { given: ['otp'] }, 'passes'],
    ['is not met by a backup authenticator', { requiredFor: 'everybody' }, { hasBackup: true }, required],
    ['reaches a member of one of its roles', { requiredFor: { roles: ['admin', 'staff'] } }, { roles: ['staff'] }, required],
    ['spares a user who is in none of its roles', { requiredFor: { roles: ['admin'] } }, { roles: ['staff'] }, 'passes'],
    ['reaches a user if its function gives true', { requiredFor: () => true }, {}, required],
    ['spares a user if its function gives false', { requiredFor: async () => false }, {}, 'passes'],
    ['reaches a user if its function gives nothing', { requiredFor: () => undefined as unknown as boolean }, {}, required],
    ['reaches a user if its function gives zero', { requiredFor: async () => 0 as unknown as boolean }, {}, required],
    [
      'lets its function look at the user',
      { requiredFor: (user) => user.get('isVip') === true },
      { fields: { isVip: true } },
      required,
    ],
    [
      'lets its function look at roles',
      { requiredFor: async (_user, roles) => (await roles()).includes('a') },
      { roles: ['b'] },
      'passes',
    ],
  ])('%s', async (_sentence, enrolment, attempt, expected) => expect(await outcome('any', attempt, enrolment)).toBe(expected));

  it.each<readonly [string, EnrolmentOptions, unknown, boolean]>([
    ['holds at once without a grace period', {}, new Date(NOW), true],
    ['holds for a user of yesterday a day after that', { graceMs: DAY }, new Date(NOW - DAY), true],
    ['waits a day less a millisecond', { graceMs: DAY }, new Date(NOW - DAY + 1), false],
    ['waits by a date that is written as a text', { graceMs: DAY }, new Date(NOW).toISOString(), false],
    ['holds for a user whose date cannot be read', { graceMs: DAY }, 'yesterday', true],
    ['holds for a user without a date', { graceMs: DAY }, undefined, true],
    ['counts the grace period of an old user from its own start', { graceMs: DAY, since: NOW - MINUTE }, new Date(0), false],
    ['holds for an old user a grace period after its start', { graceMs: DAY, since: NOW - DAY }, new Date(0), true],
    [
      'counts the grace period of a new user from their sign-up',
      { graceMs: DAY, since: NOW - 5 * DAY },
      new Date(NOW - MINUTE),
      false,
    ],
    ['waits for its start where there is no grace period', { since: NOW + 1 }, new Date(0), false],
    ['holds from its start on where there is no grace period', { since: NOW }, new Date(0), true],
    ['waits for its start for a user without a date, where there is no grace period', { since: NOW + 1 }, undefined, false],
  ])('%s', async (_sentence, when, createdAt, isDemanded) => {
    const policy = policyOf('any', { requiredFor: 'everybody', ...when });
    const login = loginWith({ fields: { createdAt } });
    expect(await policy.forUser(login).demandsEnrolment(login.enrolled)).toBe(isDemanded);
    expect(await outcomeOf(() => assertLogin(policy, login))).toBe(isDemanded ? required : 'passes');
  });

  it.each<readonly [string, PolicyOption, readonly string[], boolean]>([
    ['is made of a user with one factor where two are needed', { atLeast: 2 }, ['otp'], true],
    ['is not made of a user with two factors where two are needed', { atLeast: 2 }, ['otp', 'totp'], false],
    ['is not made of a user with three factors where two are needed', { atLeast: 2 }, ['card', 'otp', 'totp'], false],
    ['is not made by a policy of all factors', 'all', [], false],
  ])('%s', async (_sentence, policy, enrolled, isDemanded) => {
    expect(await policyOf(policy).forUser(loginWith({})).demandsEnrolment(enrolled)).toBe(isDemanded);
  });
});
