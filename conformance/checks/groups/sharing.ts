import { numbers, text, texts, type Way } from "../../bench.ts";
import { alike, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { keeps, member } from "../../gates.ts";
import type { Tap } from "../../tap.ts";

/** What the members of a group share. */
export const checks: readonly Check[] = [
  {
    id: "groups/share",
    promise:
      "Subscriptions of one group share the deliveries: each message goes to one, and each member gets some.",
    rule: 14,
    needs: member("sharing"),
    catches: "ignores-groups",
    async run(bench) {
      const way = bench.group();
      const taps = [
        await bench.tap({ way }),
        await bench.tap({ way, connection: await bench.connect() }),
      ];
      // Both wait from the beginning; how much each gets is the broker's.
      const asked = (): Promise<number> =>
        Promise.race(taps.map((tap, index) => tap.ask().then(() => index)));
      const first = asked();
      await bench.publishAll(numbers(40));
      const got: string[][] = taps.map(() => []);
      for (let i = 0; i < 40; i++) {
        const what = `delivery ${i + 1} of 40 to a group of two`;
        const index = await bench.get(i === 0 ? first : asked(), what);
        const delivery = await (taps[index] as Tap).next(what);
        got[index]?.push(text(delivery));
        await bench.settle(delivery, { kind: "ack" });
      }
      alike(
        got.flat().sort(),
        [...numbers(40)].sort(),
        "what both members got together",
      );
      for (const some of got) {
        holds(some.length > 0, "what one of two members got", "some", "none");
      }
      for (const tap of taps) await tap.nothing("after all was shared");
    },
  },
  {
    id: "groups/once-each",
    promise:
      "Each message is delivered once, and more than once only where something failed.",
    rule: 14,
    needs: member("sharing"),
    catches: "delivers-twice",
    async run(bench) {
      const ways: readonly Way[] = bench.ways();
      for (const way of ways) {
        const tap = await bench.tap({ way });
        const count = bench.scaled(1_000, 50);
        await bench.publishAll(numbers(count));
        const times = new Map<string, number>();
        for (let i = 0; i < count; i++) {
          const delivery = await tap.next();
          times.set(text(delivery), (times.get(text(delivery)) ?? 0) + 1);
          await bench.settle(delivery, { kind: "ack" });
        }
        await tap.nothing("after each was delivered");
        alike(times.size, count, "messages that were delivered");
        await tap.reader.cancel();
      }
    },
  },
  {
    id: "groups/two-groups",
    promise:
      "Each group gets each message, and so does each subscription beside them.",
    rule: 14,
    needs: member("sharing"),
    catches: "one-group-for-all",
    async run(bench) {
      const taps = [
        await bench.tap({ group: `${bench.group().options.group}-a` }),
        await bench.tap({ group: `${bench.group().options.group}-b` }),
        await bench.tap(),
      ];
      await bench.publishAll(["1", "2"]);
      for (const tap of taps) {
        alike(texts(await tap.take(2)), ["1", "2"], "what each of them gets");
      }
    },
  },
  {
    id: "groups/backlog-kept",
    promise:
      "A group keeps its backlog and its unsettled deliveries until the broker shuts down, members or not.",
    rule: 8,
    needs: keeps,
    catches: "forgets-backlog",
    async run(bench) {
      const way = bench.group();
      const first = await bench.tap({ way });
      await bench.publishAll(["1", "2"]);
      await first.next();
      await bench.get(first.subscription[Symbol.asyncDispose](), "disposing");
      await bench.publish("3");
      const later = await bench.tap({ way });
      alike(
        texts(await later.rest(3)).toSorted(),
        ["1", "2", "3"],
        "what the next member of the group gets",
      );
    },
  },
  {
    id: "groups/member-leaves",
    promise:
      "A member that shuts down with deliveries in hand gives them back to the others.",
    rule: 8,
    needs: keeps,
    catches: "shutdown-takes-along",
    async run(bench) {
      const way = bench.group();
      const leaving = await bench.connect();
      const tap = await bench.tap({ way, connection: leaving });
      await bench.publishAll(["1", "2", "3"]);
      await tap.take(2);
      const other = await bench.tap({ way });
      await bench.get(leaving.shutdown(), "shutting down a member");
      alike(
        texts(await other.rest(3)).toSorted(),
        ["1", "2", "3"],
        "what the other member gets",
      );
    },
  },
  {
    id: "groups/stuck-member",
    promise:
      "A subscriber that is stuck does not stop another beside it, nor one in its group where that keeps what is not settled.",
    rule: 4,
    needs: member("sharing"),
    catches: "one-stuck-stops-all",
    async run(bench) {
      // A group that keeps nothing has given its share to the stuck one.
      const ways = bench.ways().filter(({ name, guarantees }) =>
        name === "alone" || guarantees.redelivery === "until-settled"
      );
      for (const way of ways) {
        const stuck = await bench.tap({ way });
        const other = await bench.tap({ way });
        await bench.publishAll(numbers(20));
        await stuck.next();
        const count = way.name === "alone" ? 20 : 19;
        for (let i = 0; i < count; i++) {
          await bench.settle(
            await other.next("a delivery beside a stuck one"),
            { kind: "ack" },
          );
        }
        holds(count > 0, "deliveries beside a stuck one");
        await Promise.all([stuck.reader.cancel(), other.reader.cancel()]);
      }
    },
  },
];
