/** The words for a factor. */
export interface FactorName {
  readonly name: string;
  /** The text of the button that uses the factor to sign in. */
  readonly ask: string;
}

const NAMES: Readonly<Record<string, FactorName>> = {
  otp: { name: 'Text message', ask: 'Get a code by text message' },
  email: { name: 'Email', ask: 'Get a code by email' },
  totp: { name: 'Authenticator app', ask: 'Use the authenticator app' },
  passkey: { name: 'Passkey', ask: 'Use a passkey' },
  recovery: { name: 'Recovery codes', ask: 'Use a recovery code' },
  help: { name: 'Help code', ask: 'Use a code from support' },
  device: { name: 'Trusted devices', ask: 'Trust this device' },
  emailLogin: { name: 'Sign-in by email', ask: 'Get a code by email' },
  phoneLogin: { name: 'Sign-in by phone', ask: 'Get a code by text message' },
};

/** The keys of the second factors. The factors are defined in `apps/example/src/factors.ts`. */
export const SECOND_FACTORS: readonly string[] = ['passkey', 'totp', 'otp', 'email'];

/** The keys of the primary factors that sign in with a code. */
export const CODE_SIGN_INS: readonly string[] = ['emailLogin', 'phoneLogin'];

/** The words for the factor with this key. */
export const factorName = (key: string): FactorName => NAMES[key] ?? { name: key, ask: key };

/**
 * The choice to make for the user: the only one besides recovery codes and a help code. Undefined if there are several, and for a
 * passkey, whose dialogue browsers open only after a click.
 */
export function onlyChoice<Choice extends { readonly key: string }>(choices: readonly Choice[]): Choice | undefined {
  const [only, ...others] = choices.filter(({ key }) => !isWritten(key));
  return others.length > 0 || only?.key === 'passkey' ? undefined : only;
}

/** Whether the user has the codes on paper, or from support. */
export const isWritten = (key: string): boolean => ['recovery', 'help'].includes(key);

/** Whether the server sends the codes of this factor by SMS or email. */
export const isDelivered = (key: string): boolean => ['otp', 'email', 'emailLogin', 'phoneLogin'].includes(key);
