import { waysIn, type Reply, type SentBy } from '@parse-factors/client';

/** The words for one of the ways by which a code reaches the user. */
interface WayWords {
  /** The text of the button that switches to this way. */
  readonly ask: string;
  /** The text of the button that sends another code by this way. */
  readonly again: string;
  /** What the app says before and after the address, once the first code is under way. */
  readonly sent: readonly [before: string, after: string];
  /** The same for each further code. */
  readonly sentAgain: readonly [before: string, after: string];
  /** What the app says when it cannot tell whether a code was sent, as an account may not exist. */
  readonly maybeSent: string;
}

const MESSAGE: WayWords = {
  ask: 'Send a text message instead',
  again: 'Send again',
  sent: ['We sent a code to ', '.'],
  sentAgain: ['We sent another code to ', '.'],
  maybeSent: 'we sent a code there',
};

/** The ways are defined in `apps/example/src/factors.ts`. */
const WORDS: Readonly<Record<string, WayWords>> = {
  sms: MESSAGE,
  voice: {
    ask: 'Call me instead',
    again: 'Call again',
    sent: ['We are calling ', ' to read out a code.'],
    sentAgain: ['We are calling ', ' to read out a new code.'],
    maybeSent: 'we are calling there to read out a code',
  },
};

/** The words for a way. A factor with only one way says nothing about it. */
export const wordsOf = ({ via }: SentBy): WayWords =>
  via === undefined ? MESSAGE : (WORDS[via] ?? { ...MESSAGE, ask: `Use ${via} instead` });

/** The way that a reply names, for the next request. */
export const wayOf = ({ via }: Reply): SentBy => (via === undefined ? {} : { via });

/** The ways that the user can switch to. Empty if the server offers only one. */
export const otherWays = (reply: Reply): readonly SentBy[] =>
  waysIn(reply)
    .filter((via) => via !== reply.via)
    .map((via) => ({ via }));
