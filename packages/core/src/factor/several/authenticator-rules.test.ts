import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../../test/unit-stage.js';
import { AuthenticatorRules } from './authenticator-rules.js';

const rules = new AuthenticatorRules({ nouns: ['app', 'apps'], max: 3 });
const one = { id: 'one', name: 'One' };
const two = { id: 'two', name: 'Two' };
const three = { id: 'three', name: 'Three' };

describe('the rules for several authenticators', () => {
  it.each([
    ['an empty list', [], undefined, 'passes'],
    ['a list that is not full', [one, two], undefined, 'passes'],
    ['a full list', [one, two, three], undefined, 'invalid_input: You have reached the maximum number of apps (3).'],
    ['a full list, in place of one of it', [one, two, three], 'two', 'passes'],
    ['a list, in place of one that is not in it', [one], 'two', 'not_enrolled: There is no such app.'],
  ] as const)('say whether there is room in %s', async (_name, list, replaces, expected) => {
    expect(await outcomeOf(() => rules.assertRoom(list, replaces))).toBe(expected);
  });

  it('add at the end, and replace in the same place', () => {
    expect(rules.add([one], two)).toEqual([one, two]);
    expect(rules.add([one, two], three, 'one')).toEqual([three, two]);
  });

  it.each([
    [{ rename: 'one', name: 'New' }, [one], { do: 'manage', change: { id: 'one', name: 'New' } }],
    [{ remove: 'one' }, [one, two], { do: 'manage', change: { id: 'one' }, reduces: true }],
    ['123456', [one], undefined],
    [{ code: '123456' }, [one], undefined],
    [null, [one], undefined],
    [['remove'], [one], undefined],
  ])('read %j', (payload, list, command) => expect(rules.readChange(payload, list)).toEqual(command));

  it.each([
    [{ remove: 'one' }, [one], 'invalid_input: This is the last app. To remove it, send null for the factor.'],
    [{ remove: 'two' }, [one], 'not_enrolled: There is no such app.'],
    [{ remove: 'one', name: 'x' }, [one, two], 'invalid_input: Expected an object with exactly these fields: remove.'],
    [{ remove: '' }, [one, two], 'invalid_input: Field "remove" must be the id of an authenticator.'],
    [{ remove: { $gt: '' } }, [one, two], 'invalid_input: Field "remove" must be the id of an authenticator.'],
    [{ rename: 'one' }, [one], 'invalid_input: Field "name" must be a string of 1 to 64 characters.'],
    [{ rename: 'one', name: '\u202e' }, [one], 'invalid_input: Field "name" must be a string of 1 to 64 characters.'],
  ])('refuse %j', async (payload, list, outcome) => {
    expect(await outcomeOf(() => rules.readChange(payload, list))).toBe(outcome);
  });

  it.each([
    [{ id: 'one', name: 'New' }, [one, two], [{ id: 'one', name: 'New' }, two]],
    [{ id: 'one' }, [one, two], [two]],
    [{ id: 'one' }, [one], undefined],
    [{ id: 'gone' }, [one, two], undefined],
    [{ id: 'gone', name: 'New' }, [one], undefined],
  ])('change a list by %j', (change, list, expected) => expect(rules.changed(list, change)).toEqual(expected));
});
