/**
 * Starts a `nats-server`, and runs a script with it on the runtime that runs this: `deno run -A _tools/with_nats.ts SCRIPT [ARGUMENT...]`.
 *
 * The script finds the server in `NATS_URL`. Both end together, and the exit code is the script's.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { NatsServer } from "./nats_server.ts";

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0) {
    process.stderr.write("usage: with_nats.ts SCRIPT [ARGUMENT...]\n");
    return 2;
  }
  const server = await NatsServer.start();
  // That one names an executable, which is nothing to who connects.
  const { NATS_SERVER: _, ...env } = process.env;
  const flags = "deno" in process.versions ? ["run", "-A", "--no-check"] : [];
  const child = spawn(process.execPath, [...flags, ...args], {
    stdio: "inherit",
    env: { ...env, NATS_URL: server.url },
  });
  // A terminal sends SIGINT to both: the script decides when it has ended.
  const wait = (): void => {};
  const pass = (): void => {
    if (child.pid !== undefined) process.kill(child.pid, "SIGTERM");
  };
  process.on("SIGINT", wait).on("SIGTERM", pass);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
    return await promise;
  } finally {
    process.off("SIGINT", wait).off("SIGTERM", pass);
    await server.stop();
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
