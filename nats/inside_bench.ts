/**
 * How the conformance suite tries the form in process: core NATS and JetStream as they are tried on live servers, on a virtual clock.
 *
 * @module
 */
import type { ConformanceRunOptions } from "@ruststream/conformance";
import { VirtualClock } from "@ruststream/core/testing";
import { InsideBroker } from "./_inside_broker.ts";
import type { InsideNative } from "./inside/native.ts";
import { InsideServer } from "./inside/server.ts";
import { benchOn, type TriedServer } from "./jetstream/conformance_bench.ts";
import type { NatsConnection } from "./nats_connection.ts";
import { sessionOf } from "./session_of.ts";
import { settingsOf } from "./_settings.ts";

function cableOf(connection: NatsConnection): InsideNative {
  return sessionOf(connection).nc as unknown as InsideNative;
}

/** A server that all brokers of a run share, with its time. */
function serverOf(
  serverVersion?: string,
): TriedServer & { readonly clock: VirtualClock } {
  // What one check left there is there in the next, so time never goes back.
  const clock = new VirtualClock({ startMs: Date.parse("2026-03-02") });
  const server = new InsideServer({ serverVersion, clock });
  return {
    version: server.version.text,
    clock,
    broker: ({ auth: _, ...options }) =>
      new InsideBroker(settingsOf(options), server),
    cut: (connection) => cableOf(connection).cut(),
    // It dials again by itself.
    mend: () => {},
    // deno-lint-ignore require-await -- the bench's shape
    restart: async () => server.restart(),
  };
}

/** The bench of JetStream. */
export function jetStreamBench(serverVersion?: string): ConformanceRunOptions {
  const server = serverOf(serverVersion);
  return {
    ...benchOn(server),
    name: `JetStream ${server.version} in process`,
    clock: () => server.clock,
  };
}

/** The bench of core NATS. */
export function coreBench(): ConformanceRunOptions {
  const server = serverOf();
  return {
    name: "NATS in process",
    broker: () =>
      server.broker({
        backoff: { initialMs: 300, maxMs: 300 },
        publishTimeoutMs: 2_000,
      }),
    clock: () => server.clock,
    maxBodyBytes: 1_048_576,
    secret: "s3cret-word",
    quietMs: 40,
    scale: 0.2,
    cut: (connection) => server.cut(connection as NatsConnection),
    mend: () => {},
    restart: () => server.restart(),
  };
}
