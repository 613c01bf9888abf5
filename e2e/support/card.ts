import type { FactorSuiteOptions } from '@parse-factors/testing';
import type { CodeCardFactor } from '../../docs/examples/code-card-factor.js';
import { startFactorServer } from './factor-server.js';

/** How a card is set up and answered, whatever kind of it. */
export const withCard = (factor: CodeCardFactor): FactorSuiteOptions => ({
  key: 'card',
  start: (clock) => startFactorServer({ card: factor }, clock),
  async begin(user) {
    const { codes = '' } = await user.challenge(true);
    const card = codes.split(' ');
    const wrong = (): string => '000000';
    const right = async (ask: () => Promise<Readonly<Record<string, string>>>): Promise<string | undefined> =>
      card[Number((await ask())['number']) - 1];
    return { confirmation: card[0], wrongConfirmation: wrong(), answers: { right, wrong } };
  },
});
