import { parseAddress } from "@ruststream/core/contract";
import { alike, failedBecause, failedWith, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { watchGlobals } from "../../watch_globals.ts";

/** From settings to a connection. */
export const checks: readonly Check[] = [
  {
    id: "ladder/making-does-nothing",
    promise:
      "Making a broker does no I/O, reads no environment and starts no timer.",
    rule: 1,
    catches: "timer-at-making",
    // deno-lint-ignore require-await -- the shape of a check
    async run(bench) {
      const touched = watchGlobals(() => {
        const broker = bench.settings.broker();
        broker.describe();
        void broker.guarantees;
        void broker.name;
      });
      alike(touched, [], "what making a broker touched");
    },
  },
  {
    id: "ladder/connect-obeys-signal",
    promise:
      "Connecting obeys its signal, and rejects with the signal's own reason.",
    rule: 1,
    catches: "connect-forgets-signal",
    async run(bench) {
      const reason = new TypeError("Cannot wait for this any longer");
      const signal = AbortSignal.abort(reason);
      const ending = await bench.endsAtOnce(
        bench.broker.connect({ clock: bench.clock, signal }),
        "connecting with an aborted signal",
      );
      if (ending.kind === "resolved") await ending.value.shutdown();
      failedBecause(ending, reason, "connecting with an aborted signal");
    },
  },
  {
    id: "ladder/two-connections",
    promise:
      "A second connect makes a second connection, which lives by itself.",
    rule: 2,
    catches: "one-connection-for-all",
    async run(bench) {
      const one = await bench.connect();
      const other = await bench.connect();
      const tap = await bench.tap({ connection: other });
      await bench.get(one.shutdown(), "shutting down the first connection");
      alike(other.state, "connected", "the state of the second connection");
      await bench.publish("still", { connection: other });
      await tap.next("a delivery of the second connection");
    },
  },
  {
    id: "ladder/state-is-true",
    promise:
      "Connection.state is the truth: connected, then closed; and closed resolves with undefined after shutdown.",
    rule: 21,
    catches: "state-never-closed",
    async run(bench) {
      const connection = await bench.connect();
      alike(connection.state, "connected", "the state of an open connection");
      holds(
        await bench.looked(connection.closed, 1) === undefined,
        "the promise closed of an open connection",
        "that it waits",
        "that it ended",
      );
      await bench.get(connection.shutdown(), "shutting down");
      alike(connection.state, "closed", "the state after shutdown");
      alike(
        await bench.get(connection.closed, "the promise closed after shutdown"),
        undefined,
        "what closed resolves with after shutdown",
      );
    },
  },
  {
    id: "ladder/second-shutdown",
    promise: "A second shutdown resolves, at once with the first and after it.",
    rule: 2,
    catches: "second-shutdown-rejects",
    async run(bench) {
      const connection = await bench.connect();
      await Promise.all([
        bench.get(connection.shutdown(), "the first shutdown"),
        bench.get(connection.shutdown(), "a second shutdown, at once"),
      ]);
      await bench.get(connection.shutdown(), "a third shutdown");
    },
  },
  {
    id: "ladder/disposing-shuts-down",
    promise: "Disposing a connection shuts it down.",
    rule: 2,
    catches: "dispose-does-nothing",
    async run(bench) {
      const connection = await bench.connect();
      await bench.get(
        connection[Symbol.asyncDispose](),
        "disposing a connection",
      );
      alike(connection.state, "closed", "the state after disposing");
      const what = "subscribing after disposing";
      failedWith(
        await bench.endsAtOnce(
          bench.call(
            () => connection.subscribe(parseAddress(bench.address)),
            what,
          ),
          what,
        ),
        what,
        "closed",
      );
    },
  },
];
