import { UsageError } from "./command.ts";
import type { HttpPlace } from "./http_server.ts";

/**
 * Reads `[HOST:]PORT`, as in `8080`, `0.0.0.0:8080` and `[::]:8080`. Without a host it is this machine only.
 *
 * @param option What gave it, for the error.
 * @throws {UsageError} If it is none.
 */
export function readHttpPlace(option: string, value: string): HttpPlace {
  const { groups } = /^(?:(?<host>[^:[\]]+|\[[\d:a-f.]+\]):)?(?<port>\d{1,5})$/i
    .exec(value) ?? {};
  const port = Number(groups?.["port"] ?? NaN);
  if (port <= 65_535) {
    const host = groups?.["host"]?.replace(/^\[(.*)\]$/, "$1");
    return host === undefined ? { port } : { host, port };
  }
  throw new UsageError(
    `Cannot take "--${option} ${value}": expected [HOST:]PORT, as in 8080 or 0.0.0.0:8080`,
  );
}
