/** A plain object of a payload, or undefined for anything else. */

export const asObject = (payload: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof payload === 'object' && payload !== null && !Array.isArray(payload)
    ? (payload as Readonly<Record<string, unknown>>)
    : undefined;

/** Whether a value is as JSON gives it: a scalar or a plain object, and nothing that an SDK made of one. */
export const isPlain = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || Object.getPrototypeOf(value) === Object.prototype;

/** Whether the payload has exactly the fields of a status, all strings, whatever their values. */
export function hasSameFields(payload: unknown, status: Readonly<Record<string, string>>): boolean {
  const given = Object.entries(asObject(payload) ?? {});
  const isField = ([name, value]: readonly [string, unknown]): boolean =>
    typeof value === 'string' && Object.hasOwn(status, name);
  return given.length > 0 && given.length === Object.keys(status).length && given.every(isField);
}

/** Whether the payload has exactly these fields, all strings, with these values. */
export function sameStrings(payload: unknown, expected: unknown): boolean {
  const given = Object.entries(asObject(payload) ?? {});
  const wanted = asObject(expected) ?? {};
  const isWanted = ([name, value]: readonly [string, unknown]): boolean =>
    typeof value === 'string' && Object.hasOwn(wanted, name) && wanted[name] === value;
  return given.length > 0 && given.length === Object.keys(wanted).length && given.every(isWanted);
}
