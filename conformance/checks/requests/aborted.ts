import type { Requests } from "@ruststream/core/contract";
import { text } from "../../bench.ts";
import { alike, failedBecause } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { can } from "../../gates.ts";
import { ownerOf } from "../../owner_of.ts";

const decoder = new TextDecoder();

/** What becomes of a request that was aborted. */
export const checks: readonly Check[] = [
  {
    id: "requests/reply-after-abort",
    promise: "The reply to a request that was aborted answers nobody.",
    rule: 16,
    needs: can("requests"),
    catches: "aborted-request-lingers",
    async run(bench) {
      const tap = await bench.tap();
      const requests = await ownerOf<Requests>(bench, "request");
      const stop = new AbortController();
      const reason = new TypeError("Cannot wait any longer");
      const ask = (body: string, signal?: AbortSignal) => {
        const waiting = requests.request(bench.message(body), {
          timeoutMs: 60_000,
          ...(signal && { signal }),
        });
        waiting.catch(() => {});
        return waiting;
      };
      const first = ask("1", stop.signal);
      const late = await tap.next("the first request");
      stop.abort(reason);
      const what = "a request that is aborted in flight";
      failedBecause(await bench.endsAtOnce(first, what), reason, what);
      const second = ask("2");
      const asked = await tap.next("the second request");
      alike(text(asked), "2", "the body of the second request");
      const publisher = await bench.publisher();
      await bench.ends(
        publisher.publish(
          bench.message("late", { address: late.replyTo ?? "" }),
        ),
        "a late reply",
      );
      await bench.publish("in time", { address: asked.replyTo ?? "" });
      const { body } = await bench.get(second, "the second request");
      alike(decoder.decode(body), "in time", "the reply to the second request");
    },
  },
];
