import { numbers, text, texts } from "../../bench.ts";
import { alike } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { some } from "../../gates.ts";

/** The order of deliveries is what ordering says. */
export const checks: readonly Check[] = [
  {
    id: "order/one-publisher",
    promise: "Publishes of one publisher arrive in order.",
    rule: 12,
    needs: some(
      "an order of one publisher",
      ({ ordering }) => ordering === "publisher" || ordering === "address",
    ),
    catches: "reorders",
    async run(bench) {
      for (
        const way of bench.ways(({ ordering }) =>
          ordering !== "none" && ordering !== "key"
        )
      ) {
        const tap = await bench.tap({ way });
        const publisher = await bench.publisher();
        await bench.get(
          Promise.all(
            numbers(100).map((body) => publisher.publish(bench.message(body))),
          ),
          "100 publishes, not one after another",
        );
        const got: string[] = [];
        while (got.length < 100) {
          const delivery = await tap.next();
          got.push(text(delivery));
          await bench.settle(delivery, { kind: "ack" });
        }
        alike(got, numbers(100), `the order of deliveries, ${way.name}`);
        await tap.reader.cancel();
      }
    },
  },
  {
    id: "order/one-address",
    promise:
      "Messages of one address arrive everywhere in one order, whoever published them.",
    rule: 12,
    needs: some(
      "an order of one address",
      ({ ordering }) => ordering === "address",
    ),
    catches: "an-order-for-each",
    async run(bench) {
      const connections = [await bench.connect(), await bench.connect()];
      const taps = [await bench.tap(), await bench.tap()];
      const publishers = await Promise.all(
        connections.map((c) => bench.publisher(c)),
      );
      await bench.get(
        Promise.all(
          numbers(40).map((body, i) =>
            publishers[i % 2]?.publish(bench.message(body))
          ),
        ),
        "publishes of two publishers",
      );
      const [one, other] = await Promise.all(taps.map((tap) => tap.take(40)));
      alike(
        texts(one ?? []),
        texts(other ?? []),
        "the order that two readers see",
      );
    },
  },
  {
    id: "order/one-key",
    promise: "Messages of one key arrive in order, and each says its key.",
    rule: 12,
    needs: some(
      "an order of one key",
      ({ ordering }) => ordering === "key" || ordering === "address",
    ),
    catches: "forgets-keys",
    async run(bench) {
      const tap = await bench.tap();
      for (const body of numbers(8)) {
        for (const key of ["a", "b", "c"]) await bench.publish(body, { key });
      }
      const got = await tap.take(24);
      for (const key of ["a", "b", "c"]) {
        const own = got.filter(({ message }) => message.key === key);
        alike(texts(own), numbers(8), `the order of the key ${key}`);
      }
    },
  },
];
