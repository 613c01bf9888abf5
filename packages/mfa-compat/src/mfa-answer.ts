import type { CodeAnswer } from '@parse-factors/core/factor';

/** What an answer was read to. */
export type MfaAnswer =
  /** Asks for a code by SMS. */
  | { readonly kind: 'request' }
  /** A code that was sent by SMS. */
  | { readonly kind: 'code'; readonly code: CodeAnswer }
  /** A code of an authenticator. */
  | { readonly kind: 'totp'; readonly code: string }
  /** A recovery code. */
  | { readonly kind: 'recovery'; readonly token: string };

/** What sets something up. */
export type MfaConfirmation = (
  | /** A number that a code is to be sent to. */ { readonly kind: 'number'; readonly mobile: string }
  | /** The code that was sent there. */ { readonly kind: 'code'; readonly answer: CodeAnswer }
  | /** The secret of an authenticator, in the form of `canonicalBase32`, and a code of it. */ {
      readonly kind: 'authenticator';
      readonly secret: string;
      readonly token: string;
    }
) & {
  /** The answer to what is set up already. */
  readonly proof?: MfaAnswer;
};
