/** An object that has other members than the one beneath, and all the rest of it. */
export function replaced<T extends object>(target: T, changes: object): T {
  // Not the target itself: one that is frozen could not have other members.
  return new Proxy(Object.create(target) as T, {
    get(_, key) {
      if (Object.hasOwn(changes, key)) return Reflect.get(changes, key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
