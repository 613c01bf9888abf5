/** How a factor is spoken of. */
export interface FactorName {
  readonly name: string;
  /** What to do where it is asked for. */
  readonly ask: string;
}

const NAMES: Readonly<Record<string, FactorName>> = {
  otp: { name: 'Text message', ask: 'Get a code by text message' },
  email: { name: 'E-mail', ask: 'Get a code by e-mail' },
  totp: { name: 'Authenticator app', ask: 'Use the authenticator app' },
  passkey: { name: 'Passkey', ask: 'Use a passkey' },
  recovery: { name: 'Recovery codes', ask: 'Use a recovery code' },
  device: { name: 'Trusted devices', ask: 'Trust this device' },
  emailLogin: { name: 'Sign-in by e-mail', ask: 'Get a code by e-mail' },
  phoneLogin: { name: 'Sign-in by phone', ask: 'Get a code by text message' },
};

/** The keys of what is asked for besides a password. */
export const SECOND_FACTORS: readonly string[] = ['passkey', 'totp', 'otp', 'email'];

/** The keys of what signs in with a code alone. */
export const CODE_SIGN_INS: readonly string[] = ['emailLogin', 'phoneLogin'];

/** The name of the factor under a key of the server's `auth`. */
export const factorName = (key: string): FactorName => NAMES[key] ?? { name: key, ask: key };

/** Whether its codes are sent to somewhere. */
export const isDelivered = (key: string): boolean => ['otp', 'email', 'emailLogin', 'phoneLogin'].includes(key);
