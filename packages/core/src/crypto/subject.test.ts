import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subjectOf } from './subject.js';

describe('the name of a subject', () => {
  it.each<readonly [readonly string[], string]>([
    [[], 'T1PNoYwrqgwDVLtfmj7L5e0Sq02OEbqHPC8RFhICuUU'],
    [[''], 'BVU530oLgExYyvRsDNKUGvENZME5Xd2OULX1XZRYQeY'],
    [['a', 'bc'], 'Qqbz9EvgqvI8k2sVR91eQdLSX_JfNqMUdOsYUWOfZ1E'],
    [['ab', 'c'], 'glglAY9Y55WuLT2N9qh5VnVVx3ZU6cowcd8v4Seqnr0'],
    [['ü', '\u2028'], 'PeXVhldyWFhOkORHXuRI1Jg5UxosC6t3oQ1F0DKmjIc'],
  ])('of %j never changes', (parts, name) => expect(subjectOf(...parts)).toBe(name));

  it('is another for every other list of parts', () => {
    const parts = fc.array(fc.string({ unit: fc.constantFrom('a', '"', ',', '\\', '[', ' '), maxLength: 3 }), { maxLength: 3 });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const isSame = one.length === other.length && one.every((part, index) => part === other[index]);
        expect(subjectOf(...one) === subjectOf(...other)).toBe(isSame);
      }),
      { numRuns: 25 },
    );
  });
});
