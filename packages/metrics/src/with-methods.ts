/**
 * Returns an object that has other methods, and is otherwise the original: its class, its fields, and its other methods, which
 * may use private fields. The original may be frozen.
 */
export function withMethods<Original extends object>(original: Original, methods: Partial<Original>): Original {
  const heir = Object.create(original) as Original;
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(heir, name, { value });
  return new Proxy(heir, {
    get(target, name): unknown {
      if (Object.hasOwn(target, name)) return Reflect.get(target, name);
      const value: unknown = Reflect.get(original, name);
      return typeof value === 'function' && name !== 'constructor' ? value.bind(original) : value;
    },
    set: (_target, name, value) => Reflect.set(original, name, value),
  });
}
