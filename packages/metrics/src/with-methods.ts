/**
 * Returns an object that has other methods, and is otherwise the original: its class, its fields, and its other methods, which
 * may use private fields. The original may be frozen.
 *
 * @param methodOf returns the other method of a name, when it is asked for; undefined if the original's is kept
 */
export function withMethods<Original extends object>(original: Original, methodOf: (name: PropertyKey) => unknown): Original {
  // The target is of the same class, and empty. With the original as its prototype, engines would give each original a hidden
  // class of its own, and all its methods would run slower.
  return new Proxy(Object.create(Reflect.getPrototypeOf(original)) as Original, {
    get(_target, name): unknown {
      const method = methodOf(name);
      if (method !== undefined) return method;
      const value: unknown = Reflect.get(original, name);
      return typeof value === 'function' && name !== 'constructor' ? value.bind(original) : value;
    },
    has: (_target, name) => Reflect.has(original, name),
    set: (_target, name, value) => Reflect.set(original, name, value),
  });
}
