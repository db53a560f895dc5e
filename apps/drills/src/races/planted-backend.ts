import type { ByteBackend, Leases, Versions } from "@cachette/core";

/** A backend that says of every `share`th purge that it was carried out, and does nothing: what a drill has to find. */
export function plantedBackend(backend: ByteBackend, share: number): ByteBackend {
  let calls = 0;
  const lost = () => ++calls % share === 0;
  const plantedVersions = (versions: Versions): Versions =>
    overriding(versions, {
      advance: (labels, kind) => (lost() ? undefined : versions.advance(labels, kind)),
    });
  const plantedLeases = (leases: Leases): Leases =>
    overriding(leases, { remove: async (key) => (lost() ? true : leases.remove(key)) });
  return overriding(backend, {
    versions: (scope) => plantedVersions(backend.versions(scope)),
    leases: (scope) => plantedLeases(backend.leases?.(scope) as Leases),
  });
}

/** An object that is another one but for some methods. */
function overriding<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const own = methods[name as keyof T];
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
