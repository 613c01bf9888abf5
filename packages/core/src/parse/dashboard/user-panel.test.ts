import { expect, it } from 'vitest';
import { userPanel } from './user-panel.js';

it.each([
  [true, ['The policy demands that this user set up a factor.', 'No factors.']],
  [false, ['No factors.']],
  [undefined, ['Unknown: the policy has failed, so it is not known whether this user must set up a factor.', 'No factors.']],
])('a panel says what the policy demands: %s', (mustEnrol, texts) => {
  const { panel } = userPanel({ factors: {}, mustEnrol, sessions: [], locks: undefined, events: undefined });
  expect(panel.segments[0]?.items).toEqual(texts.map((text) => ({ type: 'text', text })));
});
