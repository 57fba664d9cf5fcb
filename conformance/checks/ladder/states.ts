import {
  type Connection,
  type Delivery,
  isMessagingError,
  parseAddress,
  type Publisher,
} from "@ruststream/core/contract";
import type { Bench } from "../../bench.ts";
import { alike } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import type { Tap } from "../../tap.ts";

type State = "open" | "draining" | "aborted" | "closed";

interface Scene {
  readonly connection: Connection;
  readonly publisher: Publisher;
  readonly tap: Tap;
  readonly held: Delivery;
  readonly stop: AbortController;
}

type Operation = (scene: Scene, bench: Bench) => unknown;

const operations: Readonly<Record<string, Operation>> = {
  publish: ({ publisher }, bench) => publisher.publish(bench.message("2")),
  subscribe: ({ connection }, bench) =>
    bench.subscribe(connection, parseAddress(bench.address), {}),
  settle: ({ held }) => held.settle({ kind: "ack" }),
  drain: ({ tap }) => tap.subscription.drain(),
  cancel: ({ tap }) => tap.reader.cancel(),
  dispose: ({ tap }) => tap.subscription[Symbol.asyncDispose](),
  shutdown: ({ connection }) => connection.shutdown(),
};

const enter: Readonly<Record<State, (scene: Scene) => unknown>> = {
  open: () => {},
  draining: ({ tap }) => tap.subscription.drain(),
  aborted: ({ stop }) => stop.abort(),
  closed: ({ connection }) => connection.shutdown(),
};

/** What must reject once the connection is closed. All else resolves, in every state. */
const needsConnection: ReadonlySet<string> = new Set([
  "publish",
  "subscribe",
  "settle",
]);

async function scene(bench: Bench): Promise<Scene> {
  const connection = await bench.connect();
  const stop = new AbortController();
  const tap = await bench.tap({ connection, signal: stop.signal });
  const publisher = await bench.publisher(connection);
  await bench.publish("1", { connection });
  const held = await tap.next("the delivery to hold");
  return { connection, publisher, tap, held, stop };
}

async function answer(
  bench: Bench,
  name: string,
  state: State,
): Promise<string> {
  const made = await scene(bench);
  const what = `${name} of what is ${state}`;
  await bench.ends(enter[state](made), `getting to ${state}`);
  const call = bench.call<unknown>(() => operations[name]?.(made, bench), what);
  const ending = await bench.ends(call, what);
  await bench.get(made.connection.shutdown(), "shutting down");
  if (ending.kind === "resolved") return "resolves";
  return isMessagingError(ending.reason)
    ? ending.reason.code
    : String(ending.reason);
}

/** Every operation in every state. */
export const checks: readonly Check[] = [
  {
    id: "ladder/every-state",
    promise:
      "Every operation ends in every state: open, draining, aborted and closed; after shutdown all that needs the connection is closed.",
    rule: 2,
    catches: "drain-hangs-after-an-abort",
    async run(bench) {
      for (const name of Object.keys(operations)) {
        for (const state of ["open", "draining", "aborted"] as const) {
          alike(
            await answer(bench, name, state),
            "resolves",
            `${name} of what is ${state}`,
          );
        }
        const found = await answer(bench, name, "closed");
        const lawful = needsConnection.has(name)
          ? ["closed"]
          : ["closed", "resolves"];
        alike(
          lawful.includes(found),
          true,
          `whether "${found}" answers ${name} of what is closed`,
        );
      }
    },
  },
];
