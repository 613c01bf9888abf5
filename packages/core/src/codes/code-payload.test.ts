import { describe, expect, it } from 'vitest';
import { ANN, MAIL } from '../../test/code-stage.js';
import { outcomeOf } from '../../test/unit-stage.js';
import { digitsRule } from '../validation/payload.js';
import { assertOneForm, hasField, normalise, readAnswer } from './code-payload.js';

const CODE = digitsRule(6);

describe('an answer with a code', () => {
  it.each<readonly [string, unknown, object]>([
    ['can be the code alone', '123456', { id: undefined, address: undefined, code: '123456' }],
    ['can be an object with the code', { code: '123456' }, { id: undefined, address: undefined, code: '123456' }],
    ['can call the code by its older name', { otp: '123456' }, { id: undefined, address: undefined, code: '123456' }],
    ['can name the user by an id', { id: ANN, code: '123456' }, { id: ANN, address: ANN, code: '123456' }],
    ['can name the user by an address', { email: ANN, code: '123456' }, { id: undefined, address: ANN, code: '123456' }],
    ['can name the user by both', { id: ANN, email: ANN, otp: '123456' }, { id: ANN, address: ANN, code: '123456' }],
    [
      'can name the user by both in two spellings',
      { id: 'Ann@acme.example', email: ANN, code: '123456' },
      { id: 'Ann@acme.example', address: ANN, code: '123456' },
    ],
    ['can have spaces in its code', '123 456', { id: undefined, address: undefined, code: '123456' }],
  ])('%s', (_sentence, payload, expected) => expect(readAnswer(payload, MAIL, CODE)).toEqual(expected));

  it.each<readonly [string, unknown, string]>([
    ['cannot be nothing', undefined, 'Expected an object with exactly these fields: code.'],
    ['cannot be true', true, 'Expected an object with exactly these fields: code.'],
    ['cannot be a list', ['123456'], 'Expected an object with exactly these fields: code.'],
    ['cannot be without a code', { id: ANN }, 'Field "code" must be a string of 6 digits.'],
    ['cannot have a code that is a number', { code: 123456 }, 'Field "code" must be a string of 6 digits.'],
    ['cannot have two codes', { code: '123456', otp: '123456' }, 'Expected an object with exactly these fields: otp.'],
    ['cannot have another field', { code: '123456', token: 'x' }, 'Expected an object with exactly these fields: code.'],
    [
      'cannot name two users',
      { id: ANN, email: 'bob@acme.example', code: '123456' },
      'Fields "id" and "email" must be the same.',
    ],
    ['cannot name a user by an object', { id: { $ne: null }, code: '123456' }, 'Field "id" must be an address.'],
    ['cannot name a user by nothing', { id: '', code: '123456' }, 'Field "id" must be an address.'],
    ['cannot name a user by a text with a line end', { id: `${ANN}\n`, code: '123456' }, 'Field "id" must be an address.'],
    [
      'cannot name a user by a text with a zero-width space',
      { id: `ann\u200b@acme.example`, code: '123456' },
      'Field "id" must be an address.',
    ],
    ['cannot name a user by a very long text', { id: `${'a'.repeat(320)}@b`, code: '123456' }, 'Field "id" must be an address.'],
    ['cannot name a user by what is no address', { email: 'ann', code: '123456' }, 'This is no e-mail address.'],
  ])('%s', async (_sentence, payload, sentence) => {
    expect(await outcomeOf(() => readAnswer(payload, MAIL, CODE))).toBe(`invalid_input: ${sentence}`);
  });
});

describe('an id', () => {
  it.each<readonly [string, string | undefined, string | undefined, boolean]>([
    ['is in its one form where it is the address', ANN, ANN, true],
    ['is in its one form where there is none', undefined, ANN, true],
    ['is not in its one form where it is spelled otherwise', 'Ann@acme.example', ANN, false],
    ['is not in its one form where no address was read', ANN, undefined, false],
  ])('%s', async (_sentence, id, address, isSound) => {
    const outcome = await outcomeOf(() => assertOneForm({ id, address, code: '' }, MAIL));
    expect(outcome).toBe(
      isSound
        ? 'passes'
        : 'invalid_input: Field "id" must be the normalised address, for example in lower case and without spaces.',
    );
  });
});

describe('the one form of an address', () => {
  it('is what the kind makes of it', () => expect(normalise('Ann@ACME.example', MAIL)).toBe(ANN));

  it.each<readonly [string, string, string]>([
    ['under its own name', 'email', 'email'],
    ['under the name that it was sent by', 'id', 'id'],
  ])('is refused for a control character, %s', async (_sentence, name, field) => {
    expect(await outcomeOf(() => normalise('a\0@b', MAIL, name))).toBe(`invalid_input: Field "${field}" must be an address.`);
  });
});

describe('a field of a payload', () => {
  it.each<readonly [string, unknown, readonly string[], boolean]>([
    ['is there', { code: '1' }, ['code'], true],
    ['is there where one of two is', { otp: '1' }, ['code', 'otp'], true],
    ['is there even where it is null', { code: null }, ['code'], true],
    ['is not there in an empty object', {}, ['code'], false],
    ['is not there where it is inherited', {}, ['toString'], false],
    ['is not there in a text', 'code', ['length'], false],
    ['is not there in nothing', undefined, ['code'], false],
    ['is not there in null', null, ['code'], false],
    ['is not there in a list', ['code'], ['0', 'length'], false],
  ])('%s', (_sentence, payload, names, expected) => expect(hasField(payload, ...names)).toBe(expected));
});
