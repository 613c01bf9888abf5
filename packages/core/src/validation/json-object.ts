/** Returns the payload if it is an object and not an array; undefined for anything else. */
export const asObject = (payload: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof payload === 'object' && payload !== null && !Array.isArray(payload)
    ? (payload as Readonly<Record<string, unknown>>)
    : undefined;

/** Tells whether a value is plain JSON: a scalar or a plain object, and not an object that an SDK built from one. */
export const isPlain = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || Object.getPrototypeOf(value) === Object.prototype;

/** Tells whether the payload has exactly the fields of a status, all strings, with any values. */
export function hasSameFields(payload: unknown, status: Readonly<Record<string, string>>): boolean {
  const sent = Object.entries(asObject(payload) ?? {});
  const isField = ([name, value]: readonly [string, unknown]): boolean =>
    typeof value === 'string' && Object.hasOwn(status, name);
  return sent.length > 0 && sent.length === Object.keys(status).length && sent.every(isField);
}

/** Tells whether the payload has exactly these fields, all strings, with these values. */
export function sameStrings(payload: unknown, expected: unknown): boolean {
  const sent = Object.entries(asObject(payload) ?? {});
  const wanted = asObject(expected) ?? {};
  const isWanted = ([name, value]: readonly [string, unknown]): boolean =>
    typeof value === 'string' && Object.hasOwn(wanted, name) && wanted[name] === value;
  return sent.length > 0 && sent.length === Object.keys(wanted).length && sent.every(isWanted);
}
