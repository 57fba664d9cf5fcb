import { parseAddress } from "@ruststream/core/contract";
import { alike, failedBecause } from "../../assertions.ts";
import type { Check } from "../../check.ts";

/** Every wait obeys its signal, and nobody writes into what it was given. */
export const checks: readonly Check[] = [
  {
    id: "signals/subscribe",
    promise:
      "Subscribing with an aborted signal rejects with the signal's own reason.",
    rule: 20,
    catches: "subscribe-forgets-signal",
    async run(bench) {
      const connection = await bench.connect();
      const reason = new TypeError("Cannot wait any longer");
      const what = "subscribing with an aborted signal";
      const signal = AbortSignal.abort(reason);
      failedBecause(
        await bench.endsAtOnce(
          bench.call(
            () =>
              bench.subscribe(connection, parseAddress(bench.address), {
                signal,
              }),
            what,
          ),
          what,
        ),
        reason,
        what,
      );
    },
  },
  {
    id: "signals/publish",
    promise:
      "Publishing with an aborted signal rejects with the signal's own reason.",
    rule: 20,
    catches: "publish-forgets-signal",
    async run(bench) {
      const tap = await bench.tap();
      const publisher = await bench.publisher();
      const reason = new TypeError("Cannot wait any longer");
      const what = "publishing with an aborted signal";
      const options = Object.freeze({ signal: AbortSignal.abort(reason) });
      failedBecause(
        await bench.endsAtOnce(
          bench.call(
            () => publisher.publish(bench.message("1"), options),
            what,
          ),
          what,
        ),
        reason,
        what,
      );
      await tap.nothing("after a publish that was aborted before it began");
    },
  },
  {
    id: "signals/message-untouched",
    promise: "Nobody writes into a message that it was given, frozen or not.",
    rule: 20,
    catches: "writes-into-messages",
    async run(bench) {
      const tap = await bench.tap();
      await bench.publish("frozen");
      await tap.next("a frozen message");
      const open = { ...bench.message("open") };
      const keys = Object.keys(open);
      const publisher = await bench.publisher();
      await bench.get(publisher.publish(open), "publishing");
      await tap.next("a message that is not frozen");
      alike(
        Object.keys(open),
        keys,
        "the members of a message after its publish",
      );
    },
  },
  {
    id: "signals/body-untouched",
    promise:
      "Nobody writes into a body that it was given, and two readers see the same bytes.",
    rule: 20,
    catches: "writes-into-bodies",
    async run(bench) {
      const taps = [await bench.tap(), await bench.tap()];
      const body = new Uint8Array([1, 2, 3]);
      await bench.publish(body);
      alike([...body], [1, 2, 3], "a body after its publish");
      for (const tap of taps) {
        const { message } = await tap.next();
        alike([...message.body], [1, 2, 3], "a body as it arrives");
      }
    },
  },
];
