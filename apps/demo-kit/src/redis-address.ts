/** Where Redis is: one server, what Sentinels watch over, or a cluster. */
export type RedisAddress =
  | { readonly kind: "server"; readonly url: string }
  | { readonly kind: "sentinel"; readonly hosts: readonly HostAndPort[]; readonly name: string }
  | { readonly kind: "cluster"; readonly hosts: readonly HostAndPort[] };

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `redis://host:port` (and all else that ioredis takes), `redis+sentinel://host:port,host:port/name` with the
 * addresses of Sentinels and the name of the master, and `redis+cluster://host:port,host:port` with some nodes of a
 * cluster. `undefined` if it is none of these.
 */
export function readRedisAddress(text: string): RedisAddress | undefined {
  const [, kind, list = "", name] = /^redis\+(sentinel|cluster):\/\/([^/@]+)(?:\/([\w.-]+))?$/.exec(text) ?? [];
  if (kind === undefined) return isUrl(text) ? { kind: "server", url: text } : undefined;
  const hosts = list.split(",").map(readHost);
  if (!hosts.every((host) => host !== undefined)) return undefined;
  if (kind === "cluster") return name === undefined ? { kind, hosts } : undefined;
  return name === undefined ? undefined : { kind: "sentinel", hosts, name };
}

function isUrl(text: string): boolean {
  return URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol);
}

function readHost(text: string): HostAndPort | undefined {
  const [, host, digits] = /^([\w.-]+|\[[\da-f:]+\]):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ""), port };
}
