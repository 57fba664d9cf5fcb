import type {
  Message,
  RequestManyOptions,
  RequestsMany,
} from "@ruststream/core/contract";
import {
  alike,
  failedBecause,
  failedWith,
  holds,
  resolved,
} from "../../assertions.ts";
import type { Bench } from "../../bench.ts";
import type { Check } from "../../check.ts";
import { can } from "../../gates.ts";
import { ownerOf } from "../../owner_of.ts";
import type { Tap } from "../../tap.ts";

const decoder = new TextDecoder();
const needs = can("requestMany");
const timeoutMs = 1_000;

type Reader = ReadableStreamDefaultReader<Message>;

/** Asks, and gives what reads the replies. */
async function ask(
  bench: Bench,
  options: Partial<RequestManyOptions> = {},
): Promise<Reader> {
  const requests = await ownerOf<RequestsMany>(bench, "requestMany");
  const reader = requests.requestMany(
    bench.message("question"),
    Object.freeze({ timeoutMs, ...options }),
  ).getReader();
  reader.closed.catch(() => {});
  return reader;
}

/** Answers the next request of a subscription. */
async function answer(
  bench: Bench,
  tap: Tap,
  ...bodies: readonly string[]
): Promise<void> {
  const request = await tap.next("the request");
  const { replyTo } = request;
  holds(replyTo !== undefined, "replyTo of a request", "an address", "none");
  for (const body of bodies) {
    await bench.publish(body, { address: replyTo ?? "" });
  }
}

/** All replies until the stream closes. */
async function all(
  bench: Bench,
  reader: Reader,
): Promise<readonly string[]> {
  const bodies: string[] = [];
  for (;;) {
    const what = `reply ${bodies.length + 1}, or the end`;
    const { done, value } = resolved(
      await bench.ends(reader.read(), what, timeoutMs * 4),
      what,
    );
    if (done) return bodies;
    bodies.push(decoder.decode(value.body));
  }
}

/** Several replies to one message. */
export const checks: readonly Check[] = [
  {
    id: "requests/many",
    promise:
      "One message to many gives the replies of all of them, up to maxReplies, and closes.",
    rule: 16,
    needs,
    catches: "many-gives-one",
    async run(bench) {
      const taps = [await bench.tap(), await bench.tap(), await bench.tap()];
      const reader = await ask(bench, { timeoutMs: 60_000, maxReplies: 3 });
      for (const [n, tap] of taps.entries()) {
        await answer(bench, tap, `answer ${n}`);
      }
      alike(
        (await all(bench, reader)).toSorted(),
        ["answer 0", "answer 1", "answer 2"],
        "the replies of three",
      );
    },
  },
  {
    id: "requests/many-in-time",
    promise:
      "Where fewer replies come than could, the stream closes when the time is over.",
    rule: 16,
    needs,
    catches: "many-never-ends",
    async run(bench) {
      const tap = await bench.tap();
      const reader = await ask(bench, { maxReplies: 3 });
      await answer(bench, tap, "1", "2");
      alike(await all(bench, reader), ["1", "2"], "the replies in time");
    },
  },
  {
    id: "requests/many-stall",
    promise:
      "With stallMs the stream closes when no further reply has come for so long.",
    rule: 16,
    needs,
    catches: "many-forgets-stall",
    async run(bench) {
      const tap = await bench.tap();
      const { quietMs } = bench.settings;
      const reader = await ask(bench, { timeoutMs: 600_000, stallMs: quietMs });
      await answer(bench, tap, "1", "2");
      alike(await all(bench, reader), ["1", "2"], "the replies before a stall");
    },
  },
  {
    id: "requests/many-none",
    promise:
      "Where no reply comes, the stream errors with timeout, and does not look answered.",
    rule: 16,
    needs,
    catches: "many-closes-empty",
    async run(bench) {
      await bench.tap();
      const reader = await ask(bench);
      const what = "the first reply of nobody";
      failedWith(
        await bench.ends(reader.read(), what, timeoutMs * 4),
        what,
        "timeout",
        "no-responder",
      );
    },
  },
  {
    id: "requests/many-abort",
    promise: "An abort errors the stream with the signal's own reason.",
    rule: 20,
    needs,
    catches: "many-forgets-signal",
    async run(bench) {
      const tap = await bench.tap();
      const stop = new AbortController();
      const reason = new TypeError("Cannot wait any longer");
      const { signal } = stop;
      const reader = await ask(bench, { timeoutMs: 60_000, signal });
      await tap.next("the request");
      stop.abort(reason);
      const what = "reading the replies of what was aborted";
      failedBecause(await bench.endsAtOnce(reader.read(), what), reason, what);
    },
  },
  {
    id: "requests/many-at-shutdown",
    promise:
      "Shutting the connection down errors a stream of replies that is open.",
    rule: 16,
    needs,
    catches: "many-outlives",
    async run(bench) {
      const tap = await bench.tap({ connection: await bench.connect() });
      const reader = await ask(bench, { timeoutMs: 60_000 });
      await tap.next("the request");
      await bench.get((await bench.connection()).shutdown(), "shutting down");
      const what = "reading replies after shutdown";
      failedWith(
        await bench.endsAtOnce(reader.read(), what),
        what,
        "closed",
        "connection",
      );
    },
  },
  {
    id: "requests/many-never-throws",
    promise:
      "After shutdown it gives a stream that errors with closed, and does not throw.",
    rule: 5,
    needs,
    catches: "many-throws",
    async run(bench) {
      const connection = await bench.connect();
      const requests = await ownerOf<RequestsMany>(
        bench,
        "requestMany",
        connection,
      );
      await bench.get(connection.shutdown(), "shutting down");
      const what = "asking many after shutdown";
      const reading = bench.call(
        () =>
          requests.requestMany(bench.message("?"), { timeoutMs }).getReader()
            .read(),
        what,
      );
      failedWith(await bench.endsAtOnce(reading, what), what, "closed");
    },
  },
];
