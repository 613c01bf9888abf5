import { describe, expect, it } from 'vitest';
import { changesOf, type RecordPlan, type StoredRecords } from './record-plan.js';

const plan = (decide: RecordPlan['decide']): RecordPlan => ({ decide });

describe('the changes of plans', () => {
  it.each<readonly [string, readonly RecordPlan[], StoredRecords, object]>([
    ['are none without a plan', [], { otp: { sealed: 'a' } }, {}],
    ['are those of the only plan', [plan(() => ({ otp: { sealed: 'b' } }))], {}, { otp: { sealed: 'b' } }],
    [
      'hold what two plans change',
      [plan(() => ({ a: null })), plan(() => ({ b: { sealed: 'b' } }))],
      {},
      { a: null, b: { sealed: 'b' } },
    ],
    [
      'hold what the later plan makes of a record',
      [plan(() => ({ a: null })), plan(() => ({ a: { sealed: 'b' } }))],
      {},
      { a: { sealed: 'b' } },
    ],
    [
      'are decided on what the plans before leave',
      [plan(() => ({ a: { sealed: 'new' } })), plan(({ a }) => ({ copy: a as { sealed: string } }))],
      { a: { sealed: 'old' } },
      { a: { sealed: 'new' }, copy: { sealed: 'new' } },
    ],
    [
      'show a later plan that a record is removed',
      [plan(() => ({ a: null })), plan(({ a }) => (a === null ? { b: null } : {}))],
      { a: {} },
      { a: null, b: null },
    ],
    ['leave what no plan names', [plan(() => ({ a: null }))], { a: {}, b: {} }, { a: null }],
  ])('%s', (_sentence, plans, stored, expected) => {
    const before = structuredClone(stored);
    expect(changesOf(plans, stored)).toEqual(expected);
    expect(stored).toEqual(before);
  });

  it('are refused as a whole where one plan refuses', () => {
    const refusing = plan(() => {
      throw new Error('not any more');
    });
    expect(() => changesOf([plan(() => ({ a: null })), refusing], {})).toThrow('not any more');
  });
});
