import { numbers, text, texts } from "../../bench.ts";
import { alike, failed, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";

/** What a publish means. */
export const checks: readonly Check[] = [
  {
    id: "publish/arrives",
    promise:
      "Subscribing resolves once no later publish can be missed, and a resolved publish arrives.",
    rule: 13,
    catches: "drops-in-silence",
    async run(bench) {
      const tap = await bench.tap();
      for (const body of numbers(8)) {
        await bench.publish(body);
        alike(text(await tap.next()), body, "what arrives of one publish");
      }
    },
  },
  {
    id: "publish/confirms-is-said",
    promise:
      "A publisher says what a resolved publish means: sent, received or stored.",
    rule: 13,
    catches: "confirms-nothing",
    async run(bench) {
      const { confirms } = await bench.publisher();
      holds(
        ["sent", "received", "stored"].includes(confirms),
        "confirms of a publisher",
        "sent, received or stored",
        confirms,
      );
    },
  },
  {
    id: "publish/flood",
    promise:
      "Many publishes at once each resolve and arrive once, or reject; none is dropped in silence.",
    rule: 13,
    catches: "drops-when-crowded",
    async run(bench) {
      const count = bench.scaled(2_000);
      const tap = await bench.tap();
      const publisher = await bench.publisher();
      const endings = await bench.get(
        Promise.allSettled(
          numbers(count).map((body) => publisher.publish(bench.message(body))),
        ),
        `${count} publishes at once`,
      );
      const sent = numbers(count).filter((_, i) =>
        endings[i]?.status === "fulfilled"
      );
      const got = texts(await tap.take(sent.length));
      alike([...got].sort(), [...sent].sort(), "what arrives of a flood");
    },
  },
  {
    id: "publish/never-throws",
    promise: "Publish never throws synchronously, whatever it is given.",
    rule: 5,
    catches: "publish-throws",
    async run(bench) {
      const publisher = await bench.publisher();
      const odd = [
        { ...bench.message("1"), address: "" },
        { ...bench.message("1"), body: "text" as never },
      ];
      for (const message of odd) {
        const what =
          `publishing to "${message.address}" a body of type ${typeof message
            .body}`;
        const call = bench.call(() => publisher.publish(message), what);
        failed(await bench.ends(call, what), what);
      }
      await bench.get((await bench.connection()).shutdown(), "shutting down");
      const what = "publishing after shutdown";
      const late = bench.call(
        () => publisher.publish(bench.message("1")),
        what,
      );
      failed(await bench.ends(late, what), what);
    },
  },
];
