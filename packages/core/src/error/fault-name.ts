/**
 * Returns a fault's code or name: at most 40 letters, digits, `_` or `-`; otherwise `unknown`. Never returns its
 * message, which may hold personal data.
 */
export function faultName(fault: unknown): string {
  if (typeof fault !== 'object' || fault === null) return 'unknown';
  const { code, name } = fault as { readonly code?: unknown; readonly name?: unknown };
  return [code, name].map(String).find((text) => /^(?!undefined$)[A-Za-z0-9_-]{1,40}$/.test(text)) ?? 'unknown';
}
