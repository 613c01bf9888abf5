import type { CodeAnswer } from '@parse-factors/core/factor';

/** A parsed answer. */
export type MfaAnswer =
  /** Requests a code by SMS. */
  | { readonly kind: 'request' }
  /** A code that was sent by SMS. */
  | { readonly kind: 'code'; readonly code: CodeAnswer }
  /** A code of an authenticator app. */
  | { readonly kind: 'totp'; readonly code: string }
  /** A recovery code. */
  | { readonly kind: 'recovery'; readonly token: string };

/** The parsed confirmation of an enrolment. */
export type MfaConfirmation = (
  | /** A number to send a code to. */ { readonly kind: 'number'; readonly mobile: string }
  | /** The code that was sent there. */ { readonly kind: 'code'; readonly answer: CodeAnswer }
  | /** The secret of an authenticator app, in the form of `canonicalBase32`, and one of its codes. */ {
      readonly kind: 'authenticator';
      readonly secret: string;
      readonly token: string;
    }
) & {
  /** The answer to the current enrolment, which a replacement needs. */
  readonly proof?: MfaAnswer;
};
