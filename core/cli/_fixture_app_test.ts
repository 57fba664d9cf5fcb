/**
 * An application for tests of the command line, run in a process of its own: it registers no tests.
 *
 * @module
 */
import { bytes, channel, RustStream, subscriber } from "@ruststream/core";
import { main } from "@ruststream/core/cli";
import { MemoryBroker } from "@ruststream/memory";
import process from "node:process";

interface Order {
  readonly id: number;
  /** What becomes of it; nothing special without one. */
  readonly fate?: "fail" | "hang";
}

const orders = channel<Order>("orders");
const never = Promise.withResolvers<void>().promise;
const slowMs = Number(process.env["RUSTSTREAM_SLOW_MS"] ?? 0);

const handle = subscriber(
  orders,
  {
    group: "shop",
    retry: { maxAttempts: 2, backoff: { initialMs: 1, maxMs: 1 } },
    deadLetter: bytes("dead"),
  },
  async ({ id, fate }, { clock }) => {
    process.stderr.write(`started ${id}\n`);
    if (fate === "hang") await never;
    if (slowMs > 0) await clock.sleep(slowMs);
    if (fate === "fail") throw new Error(`order ${id} fails`);
  },
);

const app = new RustStream({ title: "fixture", version: "1.2.3" })
  .withBroker(new MemoryBroker(), (b) => b.include(handle));

// A runner that takes this for a test file finds nothing to do.
if (process.env["RUSTSTREAM_FIXTURE"] === "1") await main(app);
