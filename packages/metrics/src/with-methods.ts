/**
 * Returns an object that has other methods, and is otherwise the original: its class, its fields, and its other methods, which
 * may use private fields. The original may be frozen.
 *
 * @param methodOf returns the other method of a name, when it is asked for; undefined if the original's is kept
 */
export function withMethods<Original extends object>(original: Original, methodOf: (name: PropertyKey) => unknown): Original {
  return new Proxy(Object.create(original) as Original, {
    get(_target, name): unknown {
      const value: unknown = methodOf(name) ?? Reflect.get(original, name);
      return typeof value === 'function' && name !== 'constructor' ? value.bind(original) : value;
    },
    set: (_target, name, value) => Reflect.set(original, name, value),
  });
}
