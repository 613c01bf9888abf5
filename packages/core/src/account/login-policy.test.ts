import { describe, expect, it } from 'vitest';
import { DAY, MINUTE, outcomeOf, userWith } from '../../test/unit-stage.js';
import type { BackupIssue } from '../factor/factor.js';
import { LoginPolicy } from './login-policy.js';
import type { EnrolmentOptions, Policy, PolicyOption, PolicyRequest } from './policy-options.js';
import type { GivenFactors } from './policy-rules.js';

const NOW = Date.UTC(2030, 0, 1);
const FACTORS = ['card', 'mail', 'otp', 'sms', 'totp', 'voice'];

interface Login extends PolicyRequest, GivenFactors {}

interface Attempt {
  readonly enrolled?: readonly string[];
  readonly given?: readonly string[];
  readonly backup?: BackupIssue;
  readonly roles?: readonly string[];
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly request?: Partial<PolicyRequest>;
}

const policyOf = (policy: PolicyOption, enrolment: EnrolmentOptions = {}): LoginPolicy =>
  new LoginPolicy({ policy, enrolment }, FACTORS, () => NOW);

const loginWith = ({ enrolled = [], given = [], backup, roles = [], fields = {}, request }: Attempt): Login => ({
  user: userWith(fields),
  roles: async () => roles,
  enrolled,
  given,
  backup,
  ip: undefined,
  headers: {},
  installationId: undefined,
  now: NOW,
  signIns: async () => [],
  lastSignIn: async () => undefined,
  isKnownDevice: async () => false,
  ...request,
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
    ['takes a backup authenticator alone', { enrolled: ['otp', 'totp'], backup: 'after-sign-in' }, 'passes'],
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
      { enrolled: ['otp', 'totp'], given: ['otp'], backup: 'after-sign-in' },
      'passes',
    ],
    [
      'refuses a backup authenticator alone for two factors and names both',
      { enrolled: ['otp', 'totp'], backup: 'after-sign-in' },
      'factor_required: Also required: otp, totp.',
    ],
    [
      'counts a backup authenticator once, and refuses it beside one answer of three',
      { enrolled: ['card', 'otp', 'totp'], given: ['card'], backup: 'after-sign-in' },
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
    expect(await outcome({ atLeast }, { enrolled: some, given: some.slice(1), backup: 'after-sign-in' })).toBe('passes');
  });

  it(`counts no backup authenticator among the ${atLeast} factors that must be set up`, async () => {
    const enrolled = some.slice(1);
    expect(await outcome({ atLeast }, { enrolled, given: enrolled, backup: 'after-sign-in' })).toMatch(/^enrolment_required/);
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

describe('a login policy of one of the named factors', () => {
  const policy = { oneOf: ['card', 'totp'] };
  const three = ['card', 'otp', 'totp'];
  const setUp = 'enrolment_required: Set up one of these first: card, totp.';
  const YOUNG = { createdAt: new Date(NOW) };

  it.each<readonly [string, Attempt, string]>([
    ['takes an answer to the first of them', { enrolled: three, given: ['card'] }, 'passes'],
    ['takes an answer to the other one', { enrolled: three, given: ['totp'] }, 'passes'],
    ['takes an answer to a factor that it does not name beside', { enrolled: three, given: ['otp', 'totp'] }, 'passes'],
    [
      'refuses an answer to another factor only, and names the choice',
      { enrolled: three, given: ['otp'] },
      'factor_required: Another factor is required; also give one of: card, totp.',
    ],
    [
      'refuses no answer, and names the choice',
      { enrolled: three },
      'factor_required: Another factor is required; also give one of: card, totp.',
    ],
    [
      'names the only one that the user has set up',
      { enrolled: ['otp', 'totp'], given: ['otp'] },
      'factor_required: Also required: totp.',
    ],
    ['demands that a user without factors sets one of them up', {}, setUp],
    ['demands that a user of other factors sets one of them up', { enrolled: ['otp'], given: ['otp'] }, setUp],
    ['refuses a login that sets another factor up', { given: ['otp'] }, setUp],
    ['takes a login that sets one of them up', { given: ['card'] }, 'passes'],
    ['takes a recovery code in place of the named factor', { enrolled: three, backup: 'after-step-up' }, 'passes'],
    ['takes a help code in place of the named factor', { enrolled: three, backup: 'by-administrator' }, 'passes'],
    ['takes no help code in place of setting one of them up', { enrolled: ['otp'], backup: 'by-administrator' }, setUp],
    [
      'takes a recovery code in place of the only one that is set up',
      { enrolled: ['otp', 'totp'], given: ['otp'], backup: 'after-step-up' },
      'passes',
    ],
    ['takes no recovery code in place of setting one of them up', { enrolled: ['otp'], backup: 'after-step-up' }, setUp],
    [
      'takes no trusted device in place of the named factor',
      { enrolled: ['totp'], backup: 'after-sign-in' },
      'factor_required: Also required: totp.',
    ],
    [
      'takes no trusted device beside another factor',
      { enrolled: three, given: ['otp'], backup: 'after-sign-in' },
      'factor_required: Another factor is required; also give one of: card, totp.',
    ],
  ])('%s', async (_sentence, attempt, expected) => expect(await outcome(policy, attempt)).toBe(expected));

  it.each<readonly [string, Attempt, string]>([
    ['lets a user without factors in', {}, 'passes'],
    ['lets a user of another factor in, who answers it', { enrolled: ['otp'], given: ['otp'] }, 'passes'],
    ['demands an answer to another factor', { enrolled: ['otp'] }, 'factor_required: Also required: otp.'],
    [
      'demands a named factor that is set up',
      { enrolled: ['otp', 'totp'], given: ['otp'] },
      'factor_required: Also required: totp.',
    ],
  ])('during the grace period %s', async (_sentence, attempt, expected) =>
    expect(await outcome(policy, { ...attempt, fields: YOUNG }, { graceMs: DAY })).toBe(expected),
  );
});

describe('a login policy of all of the named factors', () => {
  const policy = { allOf: ['totp', 'card'] };
  const three = ['card', 'otp', 'totp'];

  it.each<readonly [string, Attempt, string]>([
    ['takes answers to all of them', { enrolled: three, given: ['card', 'totp'] }, 'passes'],
    ['refuses one of them, and names the other', { enrolled: three, given: ['card'] }, 'factor_required: Also required: totp.'],
    ['refuses another factor beside one', { enrolled: three, given: ['card', 'otp'] }, 'factor_required: Also required: totp.'],
    ['refuses no answer, and names all', { enrolled: three }, 'factor_required: Also required: card, totp.'],
    ['demands that a user without factors sets all of them up', {}, 'enrolment_required: Set up 2 of these first: card, totp.'],
    [
      'demands that a user who has one sets up the other one',
      { enrolled: ['otp', 'totp'], given: ['otp', 'totp'] },
      'enrolment_required: Set up one of these first: card.',
    ],
    ['takes a login that answers one and sets the other up', { enrolled: ['totp'], given: ['card', 'totp'] }, 'passes'],
    ['takes a recovery code in place of one of them', { enrolled: three, given: ['card'], backup: 'after-step-up' }, 'passes'],
    ['takes a help code in place of all of them', { enrolled: three, backup: 'by-administrator' }, 'passes'],
    [
      'takes no recovery code in place of two of them',
      { enrolled: three, backup: 'after-step-up' },
      'factor_required: Also required: card, totp.',
    ],
    [
      'takes no recovery code beside a factor that it does not name in place of two of them',
      { enrolled: three, given: ['otp'], backup: 'after-step-up' },
      'factor_required: Also required: card, totp.',
    ],
    [
      'takes no trusted device in place of one of them',
      { enrolled: three, given: ['card'], backup: 'after-sign-in' },
      'factor_required: Also required: totp.',
    ],
  ])('%s', async (_sentence, attempt, expected) => expect(await outcome(policy, attempt)).toBe(expected));

  it('during the grace period demands those of them that are set up', async () => {
    const attempt = { enrolled: ['otp', 'totp'], fields: { createdAt: new Date(NOW) } };
    expect(await outcome(policy, { ...attempt, given: ['otp'] }, { graceMs: DAY })).toBe('factor_required: Also required: totp.');
    expect(await outcome(policy, { ...attempt, given: ['totp'] }, { graceMs: DAY })).toBe('passes');
  });
});

describe('named factors beside other policies of several roles', () => {
  const byRole: Readonly<Record<string, Policy>> = {
    two: { atLeast: 2 },
    every: 'all',
    one: 'any',
    card: { oneOf: ['card'] },
    app: { oneOf: ['card', 'totp'] },
    phone: { oneOf: ['otp', 'sms'] },
    both: { allOf: ['card', 'totp'] },
  };
  const four = ['card', 'otp', 'sms', 'totp'];

  it.each<readonly [string, Attempt, string]>([
    ['need two factors, one of them named', { roles: ['two', 'app'], given: ['otp', 'totp'] }, 'passes'],
    [
      'need a named factor among two',
      { roles: ['two', 'app'], given: ['otp', 'sms'] },
      'factor_required: Another factor is required; also give one of: card, totp.',
    ],
    [
      'need two factors, beside the named one',
      { roles: ['two', 'app'], given: ['card'] },
      'factor_required: 2 factors are required; also give one of: otp, sms, totp.',
    ],
    ['are met by one factor that both name', { roles: ['card', 'app'], given: ['card'] }, 'passes'],
    ['name the factor that is in any case required', { roles: ['app', 'card'] }, 'factor_required: Also required: card.'],
    [
      'of two choices name one at a time',
      { roles: ['app', 'phone'], given: ['card'] },
      'factor_required: Another factor is required; also give one of: otp, sms.',
    ],
    ['of two choices take one each', { roles: ['app', 'phone'], given: ['card', 'sms'] }, 'passes'],
    [
      'take a recovery code for one of two choices',
      { roles: ['app', 'phone'], given: ['otp'], backup: 'after-step-up' },
      'passes',
    ],
    [
      'take no recovery code for both of two choices',
      { roles: ['app', 'phone'], backup: 'after-step-up' },
      'factor_required: Another factor is required; also give one of: card, totp.',
    ],
    [
      'take one recovery code for the number and for the name',
      { roles: ['two', 'app'], given: ['otp'], backup: 'after-step-up' },
      'passes',
    ],
    ['take a trusted device for the number', { roles: ['two', 'app'], given: ['totp'], backup: 'after-sign-in' }, 'passes'],
    [
      'take no trusted device for the name',
      { roles: ['two', 'app'], given: ['otp', 'sms'], backup: 'after-sign-in' },
      'factor_required: Another factor is required; also give one of: card, totp.',
    ],
    ['need no more than one of any beside a name', { roles: ['one', 'card'], given: ['card'] }, 'passes'],
    [
      'need every factor that the user has set up, named or not',
      { roles: ['every', 'card'], given: ['card', 'otp', 'sms'] },
      'factor_required: Also required: totp.',
    ],
    [
      'demand named factors before others are set up',
      { roles: ['two', 'app'], enrolled: [] },
      'enrolment_required: Set up one of these first: card, totp.',
    ],
    [
      'demand a number once the named factors are set up',
      { roles: ['two', 'app'], enrolled: ['card'], given: ['card'] },
      `enrolment_required: Set up 2 of these first: ${FACTORS.join(', ')}.`,
    ],
    [
      'join the factors that must all be set up',
      { roles: ['both', 'card', 'phone'], enrolled: [] },
      'enrolment_required: Set up 2 of these first: card, totp.',
    ],
  ])('%s', async (_sentence, attempt, expected) =>
    expect(await outcome({ byRole }, { enrolled: four, ...attempt })).toBe(expected),
  );

  it('hold for users in no role as well', async () => {
    const policy: PolicyOption = { byRole: {}, otherwise: { oneOf: ['card'] } };
    expect(await outcome(policy, { enrolled: four, given: ['otp'] })).toBe('factor_required: Also required: card.');
  });
});

describe('the factors that a login may set up', () => {
  it.each<readonly [string, PolicyOption, readonly string[], readonly string[], boolean]>([
    ['are a named one', { oneOf: ['card', 'totp'] }, [], ['totp'], true],
    ['are no factor that is not named', { oneOf: ['card', 'totp'] }, [], ['otp'], false],
    ['are no factor that is not named, beside a named one', { oneOf: ['card', 'totp'] }, [], ['otp', 'totp'], false],
    ['are none for a user who has a named one', { oneOf: ['card', 'totp'] }, ['card'], ['totp'], false],
    ['are all of the named ones at once', { allOf: ['card', 'totp'] }, [], ['card', 'totp'], true],
    ['are the named one that is missing', { allOf: ['card', 'totp'] }, ['card'], ['totp'], true],
    ['are any where a number is demanded', { atLeast: 2 }, ['card'], ['voice'], true],
    ['are none where the number is reached', { atLeast: 2 }, ['card', 'otp'], ['voice'], false],
    ['are none for a policy of any factor', 'any', [], ['otp'], false],
    [
      'are a named one and another, where both are demanded',
      { byRole: { a: { atLeast: 2 }, b: { oneOf: ['card'] } } },
      [],
      ['card', 'otp'],
      true,
    ],
    [
      'are no other one before the named one',
      { byRole: { a: { atLeast: 2 }, b: { oneOf: ['card'] } } },
      [],
      ['otp', 'totp'],
      false,
    ],
  ])('%s', async (_sentence, policy, enrolled, keys, isAllowed) => {
    const login = loginWith({ roles: ['a', 'b'] });
    expect(await policyOf(policy).forUser(login).mayEnrol(enrolled, keys)).toBe(isAllowed);
  });

  it('are none during the grace period', async () => {
    const policy = policyOf({ oneOf: ['card'] }, { since: NOW + 1 }).forUser(loginWith({}));
    expect([await policy.mayEnrol([], ['card']), await policy.demandsEnrolment([])]).toEqual([false, false]);
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
    const policy: PolicyOption = async ({ user, roles }) =>
      user.get('isVip') === true && (await roles()).includes('admin') ? 'all' : 'any';
    const attempt = { enrolled: ['otp', 'totp'], given: ['otp'] };
    expect(await outcome(policy, { ...attempt, roles: ['admin'] })).toBe('passes');
    expect(await outcome(policy, { ...attempt, roles: ['admin'], fields: { isVip: true } })).toBe(
      'factor_required: Also required: totp.',
    );
  });

  it('is given the request, and may name factors', async () => {
    const policy: PolicyOption = ({ ip, headers, installationId }) =>
      ip === '192.0.2.1' && headers['x-device'] === 'known' && installationId === 'i1' ? 'any' : { allOf: ['card'] };
    const attempt: Attempt = { enrolled: ['card', 'otp'], given: ['otp'] };
    const request = { ip: '192.0.2.1', headers: { 'x-device': 'known' }, installationId: 'i1' };
    expect(await outcome(policy, { ...attempt, request })).toBe('passes');
    for (const other of [{}, { ...request, ip: undefined }, { ...request, headers: {} }, { ...request, installationId: 'i2' }])
      expect(await outcome(policy, { ...attempt, request: other })).toBe('factor_required: Also required: card.');
  });

  it.each([
    undefined,
    null,
    true,
    1,
    '',
    'none',
    { oneOf: [] },
    { oneOf: ['unknown'] },
    { allOf: ['otp', 'unknown'] },
    { oneOf: ['otp', 'otp'] },
    { oneOf: ['otp'], allOf: ['otp'] },
    { oneOf: ['otp'], atLeast: 1 },
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
    ['is none for named factors', { allOf: ['otp', 'totp'] }, 0],
    ['is none for a function', () => ({ atLeast: 5 }), 0],
  ])('%s', (_sentence, policy, expected) => expect(policyOf(policy).mostDemanded).toBe(expected));
});

describe('the names that a login policy is known to use wrongly', () => {
  it.each<readonly [string, PolicyOption, readonly string[]]>([
    ['are none for a number', { atLeast: 2 }, []],
    ['are none for second factors', { oneOf: ['otp', 'totp'] }, []],
    ['are others in a choice', { oneOf: ['otp', 'recovery'] }, ['recovery']],
    ['are others in a list', { allOf: ['otpp', 'totp'] }, ['otpp']],
    ['are others of a role', { byRole: { a: { oneOf: ['x'] }, b: 'all' }, otherwise: { allOf: ['y'] } }, ['x', 'y']],
    ['are none for a function', () => ({ oneOf: ['x'] }), []],
  ])('%s', (_sentence, policy, expected) => expect(policyOf(policy).unknownNames).toEqual(expected));
});

describe('the demand to set up a factor', () => {
  const required = `enrolment_required: Set up one of these first: ${FACTORS.join(', ')}.`;

  it.each<readonly [string, EnrolmentOptions, Attempt, string]>([
    ['reaches no user by default', {}, {}, 'passes'],
    ['reaches everyone where it is for everybody', { requiredFor: 'everybody' }, {}, required],
    ['spares a user who has a factor', { requiredFor: 'everybody' }, { enrolled: ['otp'], given: ['otp'] }, 'passes'],
    ['spares a login that sets up a factor', { requiredFor: 'everybody' }, { given: ['otp'] }, 'passes'],
    ['is not met by a backup authenticator', { requiredFor: 'everybody' }, { backup: 'after-sign-in' }, required],
    ['reaches a member of one of its roles', { requiredFor: { roles: ['admin', 'staff'] } }, { roles: ['staff'] }, required],
    ['spares a user who is in none of its roles', { requiredFor: { roles: ['admin'] } }, { roles: ['staff'] }, 'passes'],
    ['reaches a user if its function gives true', { requiredFor: () => true }, {}, required],
    ['spares a user if its function gives false', { requiredFor: async () => false }, {}, 'passes'],
    ['reaches a user if its function gives nothing', { requiredFor: () => undefined as unknown as boolean }, {}, required],
    ['reaches a user if its function gives zero', { requiredFor: async () => 0 as unknown as boolean }, {}, required],
    [
      'lets its function look at the user',
      { requiredFor: ({ user }) => user.get('isVip') === true },
      { fields: { isVip: true } },
      required,
    ],
    [
      'lets its function look at the request',
      { requiredFor: ({ headers }) => headers['x-net'] !== 'office' },
      { request: { headers: { 'x-net': 'office' } } },
      'passes',
    ],
    [
      'lets its function look at roles',
      { requiredFor: async ({ roles }) => (await roles()).includes('a') },
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

describe('a role that a policy may demand factors of', () => {
  const byRole = { byRole: { admin: 'all', staff: { atLeast: 1 } } } as const;
  const some = (): Policy => 'any';
  it.each<readonly [string, PolicyOption, EnrolmentOptions, readonly string[], boolean]>([
    ['is none without such a policy', 'all', {}, ['admin'], false],
    ['is none where everybody needs a factor', { atLeast: 1 }, { requiredFor: 'everybody' }, ['admin'], false],
    ['is one that "byRole" names', byRole, {}, ['guest', 'staff'], true],
    ['is none that "byRole" does not name', byRole, {}, ['guest'], false],
    ['is none of a user without roles', byRole, { requiredFor: { roles: ['owner'] } }, [], false],
    ['is one of "requiredFor"', 'any', { requiredFor: { roles: ['owner'] } }, ['owner'], true],
    ['is one of either', byRole, { requiredFor: { roles: ['owner'] } }, ['owner'], true],
    ['is any where a function chooses the policy', some, {}, ['guest'], true],
    ['is any where a function chooses who needs a factor', 'any', { requiredFor: () => false }, ['guest'], true],
    ['is none of a user without roles where a function chooses', some, {}, [], false],
  ])('%s', async (_sentence, policy, enrolment, roles, expected) =>
    expect(await policyOf(policy, enrolment).demandsByRole(async () => roles)).toBe(expected),
  );
});
