import type {
  Connection,
  Delivery,
  Message,
  Requests,
} from "@ruststream/core/contract";
import { type Bench, numbers, text } from "../../bench.ts";
import {
  alike,
  failed,
  failedBecause,
  failedWith,
  holds,
  resolved,
} from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { can, every } from "../../gates.ts";
import { ownerOf } from "../../owner_of.ts";
import type { Tap } from "../../tap.ts";

const decoder = new TextDecoder();
const timeoutMs = 1_000;

const asker = (bench: Bench, connection?: Connection): Promise<Requests> =>
  ownerOf<Requests>(bench, "request", connection);

async function reply(
  bench: Bench,
  delivery: Delivery,
  body: string,
): Promise<void> {
  holds(
    delivery.replyTo !== undefined,
    "replyTo of a request",
    "an address",
    "none",
  );
  await bench.publish(body, { address: delivery.replyTo ?? "" });
  await bench.settle(delivery, { kind: "ack" });
}

/** Asks, and takes the request at the other end. */
async function asked(
  bench: Bench,
  requests: Requests,
  tap: Tap,
  body = "question",
): Promise<{ readonly waiting: Promise<Message>; readonly request: Delivery }> {
  const waiting = requests.request(
    bench.message(body),
    Object.freeze({ timeoutMs }),
  );
  waiting.catch(() => {});
  return { waiting, request: await tap.next("the request") };
}

/** One reply to one message. */
export const checks: readonly Check[] = [
  {
    id: "requests/reply",
    promise: "A request resolves with its reply.",
    rule: 16,
    needs: can("requests"),
    catches: "drops-replies",
    async run(bench) {
      const tap = await bench.tap();
      const { waiting, request } = await asked(bench, await asker(bench), tap);
      alike(text(request), "question", "the body of a request");
      await reply(bench, request, "answer");
      const { body } = await bench.get(waiting, "a request that is answered");
      alike(decoder.decode(body), "answer", "the body of a reply");
    },
  },
  {
    id: "requests/do-not-cross",
    promise:
      "Requests in flight do not cross, ten thousand of them, answered the other way round.",
    rule: 16,
    needs: can("requests"),
    catches: "crosses-replies",
    async run(bench) {
      const count = bench.scaled(10_000, 100);
      const tap = await bench.tap();
      const requests = await asker(bench);
      const waiting = numbers(count).map((body) =>
        requests.request(bench.message(body), { timeoutMs: 60_000 })
      );
      const all = Promise.all(waiting);
      all.catch(() => {});
      for (const request of (await tap.take(count)).toReversed()) {
        await bench.publish(`to ${text(request)}`, {
          address: request.replyTo ?? "",
        });
      }
      const replies = resolved(
        await bench.ends(all, "all requests"),
        "all requests",
      ).map(({ body }) => decoder.decode(body));
      alike(replies, numbers(count).map((body) => `to ${body}`), "replies");
    },
  },
  {
    id: "requests/no-responder",
    promise:
      "Where nobody answers, a request rejects with no-responder at once, else with timeout.",
    rule: 16,
    needs: can("requests"),
    catches: "answers-by-itself",
    async run(bench) {
      const requests = await asker(bench);
      const what = "a request that nobody is there for";
      failedWith(
        await bench.ends(
          bench.call(
            () => requests.request(bench.message("?"), { timeoutMs }),
            what,
          ),
          what,
          timeoutMs * 2,
        ),
        what,
        "no-responder",
        "timeout",
      );
    },
  },
  {
    id: "requests/timeout",
    promise:
      "A request that nobody answers in time rejects with timeout, by the clock that was given.",
    rule: 16,
    needs: can("requests"),
    catches: "own-clock",
    async run(bench) {
      const tap = await bench.tap();
      const { waiting } = await asked(bench, await asker(bench), tap);
      holds(
        await bench.looked(waiting, timeoutMs * 0.5) === undefined,
        "a request before its time",
        "that it waits",
      );
      const what = "a request that nobody answers";
      failedWith(
        await bench.ends(waiting, what, timeoutMs * 2),
        what,
        "timeout",
      );
    },
  },
  {
    id: "requests/late-reply",
    promise: "A late reply answers nobody.",
    rule: 16,
    needs: can("requests"),
    catches: "late-replies-answer",
    async run(bench) {
      const tap = await bench.tap();
      const requests = await asker(bench);
      const first = await asked(bench, requests, tap, "1");
      failed(
        await bench.ends(first.waiting, "a request in vain", timeoutMs * 2),
        "a request in vain",
      );
      const second = await asked(bench, requests, tap, "2");
      const late = await bench.publisher();
      const { replyTo: address = "" } = first.request;
      await bench.ends(
        late.publish(bench.message("late", { address })),
        "a late reply",
      );
      await reply(bench, second.request, "in time");
      const { body } = await bench.get(second.waiting, "the second request");
      alike(decoder.decode(body), "in time", "the reply to the second request");
    },
  },
  {
    id: "requests/abort",
    promise:
      "A request obeys its signal, and rejects with the signal's own reason.",
    rule: 20,
    needs: can("requests"),
    catches: "request-forgets-signal",
    async run(bench) {
      await bench.tap();
      const requests = await asker(bench);
      const reason = new TypeError("Cannot wait any longer");
      const stop = new AbortController();
      const options = { timeoutMs: 60_000, signal: stop.signal };
      const waiting = requests.request(
        bench.message("?"),
        Object.freeze(options),
      );
      waiting.catch(() => {});
      await bench.turns();
      stop.abort(reason);
      failedBecause(
        await bench.endsAtOnce(waiting, "a request at an abort"),
        reason,
        "a request at an abort",
      );
      const again = requests.request(bench.message("?"), options);
      failedBecause(
        await bench.endsAtOnce(again, "a request after an abort"),
        reason,
        "a request after an abort",
      );
    },
  },
  {
    id: "requests/shutdown",
    promise: "Open requests reject when their connection ends; none hangs.",
    rule: 16,
    needs: every(can("requests")),
    catches: "requests-outlive",
    async run(bench) {
      await bench.tap();
      const connection = await bench.connect();
      const requests = await asker(bench, connection);
      const waiting = requests.request(bench.message("?"), {
        timeoutMs: 60_000,
      });
      waiting.catch(() => {});
      await bench.turns();
      await bench.get(connection.shutdown(), "shutting down");
      const what = "a request that is open at shutdown";
      failedWith(
        await bench.endsAtOnce(waiting, what),
        what,
        "closed",
        "connection",
      );
    },
  },
];
