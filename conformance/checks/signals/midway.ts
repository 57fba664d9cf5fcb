import {
  type Awaitable,
  type Batches,
  parseAddress,
} from "@ruststream/core/contract";
import { type Bench, text, texts, type Way } from "../../bench.ts";
import { alike, type Ending, resolved } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { abortMidway, cameOnce } from "../../midway.ts";
import { Tap } from "../../tap.ts";

/** Calls something where nothing of the check is left on the stack. */
async function fromTimer(
  bench: Bench,
  what: string,
  call: () => Awaitable<unknown>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<Ending>();
  const named = `${what} from a timer`;
  bench.clock.after(1, () => resolve(bench.ends(call(), named)));
  await bench.pass(1);
  resolved(await promise, named);
}

/** The same of the other face, where it is there. */
async function batchesEnd(bench: Bench, { options }: Way): Promise<void> {
  if (!bench.claims.can.has("batches")) return;
  const stop = new AbortController();
  const { subscription } = await bench.tap({ ...options, signal: stop.signal });
  const reader = (subscription as unknown as Batches).batches(2).getReader();
  const reading = reader.read();
  stop.abort(new TypeError("Cannot wait any longer"));
  for (const read of [reading, reader.read()]) {
    const { done } = await bench.get(read, "a read of batches at an abort");
    alike(done, true, "whether a read of batches ends at an abort");
  }
}

/** What is aborted while it is under way either happens or rejects with the reason, and leaves nothing behind. */
export const checks: readonly Check[] = [
  {
    id: "signals/connect-midway",
    promise:
      "Connecting that is aborted under way rejects with the signal's own reason or is done; it never hangs.",
    rule: 20,
    catches: "connect-abort-hangs",
    run: (bench) =>
      abortMidway(bench, {
        what: "connecting",
        call: (signal) => bench.broker.connect({ clock: bench.clock, signal }),
        see: async (ending) => {
          if (ending.kind === "resolved") {
            const { value } = ending;
            alike(value.state, "connected", "the state of a connection");
            await bench.get(value.shutdown(), "shutting down");
          }
          const tap = await bench.tap();
          await bench.publish("after");
          alike(text(await tap.next()), "after", "what comes after an abort");
        },
      }),
  },
  {
    id: "signals/connect-over",
    promise:
      "Once connecting has resolved, an abort of its signal changes nothing.",
    rule: 20,
    catches: "connect-signal-closes",
    async run(bench) {
      const stop = new AbortController();
      const connection = await bench.connect({
        clock: bench.clock,
        signal: stop.signal,
      });
      const tap = await bench.tap({ connection });
      stop.abort(new TypeError("Cannot wait any longer"));
      await bench.turns();
      alike(connection.state, "connected", "the state after a late abort");
      await bench.publish("after", { connection });
      alike(text(await tap.next()), "after", "what comes after a late abort");
    },
  },
  {
    id: "signals/subscribe-midway",
    promise:
      "Subscribing that is aborted under way rejects with the reason or ends as a cancel does, and leaves no reader behind.",
    rule: 20,
    catches: "abort-leaves-member",
    async run(bench) {
      const connection = await bench.connection();
      for (const way of bench.ways()) {
        await abortMidway(bench, {
          what: `subscribing, ${way.name}`,
          call: (signal) =>
            bench.subscribe(connection, parseAddress(bench.address), {
              ...way.options,
              signal,
            }),
          see: async (ending) => {
            if (ending.kind === "resolved") {
              await new Tap(bench, ending.value).closes("an aborted stream");
            }
            const tap = await bench.tap({ way });
            await bench.publish("after");
            const delivery = await tap.next("what comes after an abort");
            await bench.settle(delivery, { kind: "ack" });
            await bench.get(
              tap.subscription[Symbol.asyncDispose](),
              "disposing",
            );
          },
        });
      }
    },
  },
  {
    id: "signals/publish-midway",
    promise:
      "A publish that is aborted under way resolves and arrives, or rejects with the signal's own reason.",
    rule: 20,
    catches: "publish-abort-drops",
    async run(bench) {
      const publisher = await bench.publisher();
      const tap = await bench.tap();
      await abortMidway(bench, {
        what: "publishing",
        call: (signal, moment) =>
          publisher.publish(bench.message(moment), { signal }),
        see: async (ending, moment) => {
          await bench.publish("after");
          const due = ending.kind === "resolved" ? 2 : 1;
          const came = texts(await tap.rest(due));
          cameOnce(ending, came, moment, "a publish");
          alike(came.filter((one) => one === "after"), ["after"], "the next");
        },
      });
    },
  },
  {
    id: "signals/read-at-abort",
    promise:
      "A read that waits with nothing there when its subscription is aborted ends as at a cancel, on either face, and so do later ones.",
    rule: 20,
    catches: "stream-errors-at-abort",
    async run(bench) {
      for (const way of bench.ways()) {
        const stop = new AbortController();
        const tap = await bench.tap({ way, signal: stop.signal });
        tap.ask();
        stop.abort(new TypeError("Cannot wait any longer"));
        await tap.closes("a read that waits at an abort");
        await tap.closes("a read after an abort");
        await batchesEnd(bench, way);
        const again = await bench.tap({ way });
        await bench.publish("after");
        alike(text(await again.next()), "after", "what comes after an abort");
      }
    },
  },
  {
    id: "signals/maker-gone",
    promise:
      "What was made works when the call that made it has ended, from any other.",
    rule: 20,
    catches: "works-in-one-turn",
    async run(bench) {
      const connection = await bench.connect();
      const tap = await bench.tap({ connection });
      const publisher = await bench.publisher(connection);
      await fromTimer(
        bench,
        "publishing",
        () => publisher.publish(bench.message("far")),
      );
      const delivery = await tap.next("what was published from a timer");
      await fromTimer(
        bench,
        "settling",
        () => delivery.settle({ kind: "ack" }),
      );
      await tap.nothing("after it was acked");
    },
  },
];
