import { describe, expect, it } from 'vitest';
import type { PasswordContext } from '../account/password-check.js';
import { FactorConfigError } from '../error/config-error.js';
import { passwordList } from './password-list.js';

const context: PasswordContext = { user: undefined, hasMasterKey: false, ip: undefined, headers: {}, installationId: undefined };

describe('a list of passwords', () => {
  it.each(['acme', 'ACME', ' acme ', 'ａｃｍｅ', 'Straße'])('refuses "%s"', (password) => {
    expect(passwordList(['Acme', '', 'straße', '\n'])(password, context)).toBe(false);
  });

  it.each(['', 'acm', 'acme1', 'a c m e'])('accepts "%s"', (password) => {
    expect(passwordList(new Set(['acme']))(password, context)).toBe(true);
  });

  it.each([[[]], [['', ' ']], ['password'], [undefined], [{}], [[1]]])('must be a list of words: %j', (words) => {
    expect(() => passwordList(words as never)).toThrow(FactorConfigError);
  });

  it('has at most a million words', () => {
    function* many(): Iterable<string> {
      for (let index = 0; ; index += 1) yield String(index);
    }
    expect(() => passwordList(many())).toThrow('1 to 1000000 strings');
  });

  it('counts each word once, and no empty ones', () => {
    function* many(): Iterable<string> {
      for (let index = 0; index < 1_000_000; index += 1) yield String(index);
      yield* ['', '1', ' 999999 '];
    }
    expect(passwordList(many())('999999', context)).toBe(false);
  });
});
