/**
 * How the conformance suite tries core NATS.
 *
 * @module
 */
import type { ConformanceRunOptions } from "@ruststream/conformance";
import { natsBroker, type NatsConnection } from "@ruststream/nats";
import { NatsServer, type NatsServerOptions } from "../_tools/nats_server.ts";
import { cutCable } from "./cable_bench.ts";

/** Starts a server, and makes the bench of one run on it. The server ends with the process. */
export async function bench(
  options: NatsServerOptions = {},
): Promise<ConformanceRunOptions> {
  const server = await NatsServer.start({
    ...options,
    jetStream: false,
    config: 'authorization { user: tester, password: "s3cret-word" }',
  });
  const proxy = await server.proxy();
  return {
    broker: () =>
      natsBroker({
        servers: proxy.url,
        auth: { user: "tester", password: "s3cret-word" },
        // Long enough to be looked at while it is away.
        backoff: { initialMs: 300, maxMs: 300 },
        publishTimeoutMs: 2_000,
      }),
    secret: "s3cret-word",
    maxBodyBytes: 1_048_576,
    quietMs: 40,
    scale: 0.2,
    cut: (connection) => cutCable(proxy, connection as NatsConnection),
    // It dials again by itself.
    mend: () => {},
    restart: () => server.restart(),
  };
}
