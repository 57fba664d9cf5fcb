import { type Api, apiErrors, orNone } from "./_api.ts";

/** The names of the streams that begin with a prefix, without it and in order. */
export async function namesBehind(
  api: Api,
  deed: string,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const names: string[] = [];
  // The server gives them in pages.
  for (let offset = 0, found = 1; found > 0; offset += found) {
    const page = await api.ask(deed, "STREAM.NAMES", { offset }, signal);
    const streams = (page["streams"] ?? []) as readonly string[];
    found = offset + streams.length < (page["total"] as number)
      ? streams.length
      : 0;
    names.push(...streams.filter((name) => name.startsWith(prefix)));
  }
  return names.map((name) => name.slice(prefix.length)).toSorted();
}

/** Removes a stream; false where there was none. */
export async function removeStream(
  api: Api,
  deed: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const removed = await orNone(
    [apiErrors.streamNotFound],
    () => api.ask(deed, `STREAM.DELETE.${name}`, {}, signal),
  );
  return removed !== undefined;
}
