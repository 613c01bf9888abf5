/** A fault's name or code, where it is one: short and of plain letters. Never its message. */

export function faultName(fault: unknown): string {
  if (typeof fault !== 'object' || fault === null) return 'unknown';
  const { code, name } = fault as { readonly code?: unknown; readonly name?: unknown };
  return [code, name].map(String).find((text) => /^(?!undefined$)[A-Za-z0-9_-]{1,40}$/.test(text)) ?? 'unknown';
}
