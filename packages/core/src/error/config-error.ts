/**
 * A wrong option, found before the server starts. The message names the option and what it accepts. It is not a
 * `TypeError`, because Parse Server hides those when it loads an adapter.
 */
export class FactorConfigError extends Error {
  override readonly name = 'FactorConfigError';
}
