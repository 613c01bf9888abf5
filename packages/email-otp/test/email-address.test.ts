import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskEmail, normaliseEmail } from '../src/email-address.js';

describe('normaliseEmail', () => {
  it.each([
    ['Ann.Lee@Example.COM', 'ann.lee@example.com'],
    ['ann+tag@example.com', 'ann+tag@example.com'],
    ['a@b.c', 'a@b.c'],
    ['ann@bücher.example', 'ann@xn--bcher-kva.example'],
    ['ann@XN--BCHER-KVA.example', 'ann@xn--bcher-kva.example'],
    ['ann@bu\u0308cher.example', 'ann@xn--bcher-kva.example'], // decomposed: the same domain
    ['ann@ｅｘａｍｐｌｅ.com', 'ann@example.com'], // full width: the same domain (UTS #46)
  ])('reads %s as %s', (input, address) => expect(normaliseEmail(input)).toBe(address));

  it.each([
    'ａnn@example.com',
    'ann＠example.com',
    'аnn@example.com',
    '"ann"@example.com',
    'Ann <ann@example.com>',
    'ann@example.com, b@c.d',
    'ann@[127.0.0.1]',
    'ann@example',
    'ann@example.com.',
    'ann@ex%61mple.com',
    'ann@127.0.0.1',
    'ann@1.2.3.4.5',
    `ann@${'a'.repeat(64)}.com`,
    'ann@exa mple.com',
    'ann@example.com\r\nBcc: b@c.d',
  ])('refuses %j', (input) => expect(() => normaliseEmail(input)).toThrow(/^invalid_input: /));

  it('gives one form or refuses, whatever comes: ASCII, idempotent, and blind to case', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.emailAddress(),
          fc.string({ unit: 'grapheme' }),
          fc.tuple(fc.string(), fc.domain()).map((parts) => parts.join('@')),
        ),
        (input) => {
          let address: string;
          try {
            address = normaliseEmail(input);
          } catch (error) {
            expect(String(error)).toContain('invalid_input');
            return;
          }
          expect(address).toMatch(/^[\x21-\x7e]+$/);
          expect(address.split('@')).toHaveLength(2);
          expect(normaliseEmail(address)).toBe(address);
          expect(normaliseEmail(address.toUpperCase())).toBe(address);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('maskEmail', () => {
  it.each([
    ['ann.lee@example.com', 'a•••@e•••.com'],
    ['al@ex.org', '•••@•••.org'],
    ['a@b.c', '•••@•••.c'],
    ['anna@mail.example.co.uk', 'a•••@m•••.uk'],
  ])('shows %s as %s', (address, mask) => expect(maskEmail(address)).toBe(mask));
});
