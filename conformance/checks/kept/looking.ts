import {
  type Connection,
  type KeptMessage,
  type KeptMessages,
  parseAddress,
} from "@ruststream/core/contract";
import { alike, failedBecause, failedWith } from "../../assertions.ts";
import { type Bench, numbers, text, texts } from "../../bench.ts";
import type { Check } from "../../check.ts";
import { can, every, keeps, some } from "../../gates.ts";
import { keeperOf, kept, readAll, textsOf } from "../../kept.ts";

/** Publishes to the addresses `a`, `b`, `a` under that of the check. */
async function publishUnder(bench: Bench): Promise<void> {
  const { address } = bench;
  for (const [index, end] of ["a", "b", "a"].entries()) {
    await bench.publish(String(index + 1), { address: `${address}.${end}` });
  }
}

/** What can be done with kept messages, each by its name. */
function deeds(
  messages: KeptMessages,
  one: KeptMessage,
): readonly (readonly [string, (signal?: AbortSignal) => Promise<unknown>])[] {
  const given = (signal: AbortSignal | undefined) =>
    Object.freeze(signal === undefined ? {} : { signal });
  return [
    ["reading", (signal) => messages.read(given(signal)).getReader().read()],
    ["counting", (signal) => messages.count(given(signal))],
    ["removing", (signal) => messages.remove(one, given(signal))],
    ["purging", (signal) => messages.purge(given(signal))],
  ];
}

async function oneKept(
  bench: Bench,
  connection?: Connection,
): Promise<readonly [KeptMessages, KeptMessage]> {
  const messages = await kept(bench, connection && { connection });
  await bench.publish("1");
  const [one] = await readAll(bench, messages);
  if (one === undefined) throw new TypeError("Cannot go on: nothing is kept");
  return [messages, one];
}

/** Looking at what is kept. */
export const checks: readonly Check[] = [
  {
    id: "kept/in-order",
    promise: "Reading gives each message that is kept once, the oldest first.",
    rule: 18,
    needs: can("kept"),
    catches: "kept-newest-first",
    async run(bench) {
      await bench.publishAll(numbers(5));
      const all = await readAll(bench, await kept(bench));
      alike(textsOf(all), numbers(5), "what is kept");
      alike(new Set(all.map(({ id }) => id)).size, 5, "how many ids there are");
    },
  },
  {
    id: "kept/ends",
    promise:
      "Reading gives what is kept at that moment, and closes: what is published later does not come.",
    rule: 18,
    needs: can("kept"),
    catches: "kept-reads-on",
    async run(bench) {
      await bench.publishAll(numbers(3));
      const messages = await kept(bench);
      const reader = messages.read().getReader();
      const { value } = await bench.get(reader.read(), "reading");
      await bench.publish("late");
      const rest: KeptMessage[] = [];
      for (;;) {
        const next = await bench.get(reader.read(), "reading on");
        if (next.done) break;
        rest.push(next.value);
      }
      alike(
        textsOf([...value === undefined ? [] : [value], ...rest]),
        numbers(3),
        "what was kept when the reading began",
      );
      alike(await bench.get(messages.count(), "counting"), 4, "what is kept");
    },
  },
  {
    id: "kept/disturbs-nobody",
    promise:
      "Looking disturbs nobody: no delivery is taken, settled, counted or held up.",
    rule: 18,
    needs: every(can("kept"), keeps),
    catches: "kept-takes",
    async run(bench) {
      const tap = await bench.tap({ way: bench.group() });
      await bench.publishAll(numbers(3));
      const first = await tap.next();
      const messages = await kept(bench);
      alike(
        textsOf(await readAll(bench, messages)),
        numbers(3),
        "what is kept",
      );
      await bench.get(messages.count(), "counting");
      await bench.settle(first, { kind: "ack" });
      const rest = await tap.take(2);
      alike(texts([first, ...rest]), numbers(3), "what a group got");
      if (bench.claims.member?.countsAttempts) {
        alike(rest.map(({ attempt }) => attempt), [1, 1], "their attempts");
      }
      for (const one of rest) await bench.settle(one, { kind: "ack" });
    },
  },
  {
    id: "kept/same-message",
    promise:
      "A kept message has the address, the body, the headers and the key of the one that was sent.",
    rule: 18,
    needs: can("kept"),
    catches: "kept-loses-fields",
    async run(bench) {
      const tap = await bench.tap();
      const body = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const fields = bench.claims.broker.headers
        ? { headers: [["Note", " ünï "], ["note", ""]] as const, key: "k" }
        : {};
      await bench.publish(body, fields);
      const { message: sent } = await tap.next();
      const [one] = await readAll(bench, await kept(bench));
      const found = one?.message;
      alike(found?.address, bench.address, "its address");
      alike([...found?.body ?? []], [...body], "its body");
      alike([...found?.headers ?? []], [...sent.headers ?? []], "its headers");
      alike(found?.key, sent.key, "its key");
    },
  },
  {
    id: "kept/count",
    promise: "The count says how many messages are kept.",
    rule: 18,
    needs: can("kept"),
    catches: "counts-one-more",
    async run(bench) {
      const messages = await kept(bench);
      const count = () => bench.get(messages.count(), "counting");
      alike(await count(), 0, "how many are kept of an address that is new");
      await bench.publishAll(numbers(3));
      alike(await count(), 3, "how many are kept");
    },
  },
  {
    id: "kept/patterns",
    promise: "What is kept of a pattern is that of all its addresses.",
    rule: 18,
    needs: every(can("kept"), some("patterns", ({ patterns }) => patterns)),
    catches: "kept-of-one-address",
    async run(bench) {
      await publishUnder(bench);
      const under = (end: string) => kept(bench, { end });
      const of = async (end: string) =>
        textsOf(await readAll(bench, await under(end)));
      alike(await of("{end}"), ["1", "2", "3"], "what is kept of a pattern");
      alike(await of("a"), ["1", "3"], "what is kept of one of them");
    },
  },
  {
    id: "kept/keep",
    promise:
      "A message is kept once keeping it resolves, seen from another connection too.",
    rule: 13,
    needs: can("kept"),
    catches: "keeps-nothing",
    async run(bench) {
      const other = await bench.connect();
      const tap = await bench.tap();
      const keeper = await keeperOf(bench);
      await bench.get(keeper.keep(bench.message("1")), "keeping");
      alike(
        textsOf(await readAll(bench, await kept(bench, { connection: other }))),
        ["1"],
        "what is kept",
      );
      alike(text(await tap.next()), "1", "what a subscription got");
    },
  },
  {
    id: "kept/abort",
    promise:
      "Looking and removing obey their signal, and reject with its own reason.",
    rule: 20,
    needs: can("kept"),
    catches: "kept-forgets-signal",
    async run(bench) {
      const [messages, one] = await oneKept(bench);
      const reason = new TypeError("Cannot wait any longer");
      const signal = AbortSignal.abort(reason);
      for (const [verb, run] of deeds(messages, one)) {
        const what = `${verb} with an aborted signal`;
        const call = bench.call(() => run(signal), what);
        failedBecause(await bench.endsAtOnce(call, what), reason, what);
      }
      alike(textsOf(await readAll(bench, messages)), ["1"], "what is kept");
      const finding = bench.call(
        async () =>
          (await keeperOf(bench)).kept(parseAddress(bench.address), { signal }),
        "finding",
      );
      const what = "finding what is kept with an aborted signal";
      failedBecause(await bench.endsAtOnce(finding, what), reason, what);
    },
  },
  {
    id: "kept/after-shutdown",
    promise: "Looking and removing after shutdown reject at once with closed.",
    rule: 2,
    needs: can("kept"),
    catches: "kept-outlives",
    async run(bench) {
      const connection = await bench.connection();
      const [messages, one] = await oneKept(bench, connection);
      const keeper = await keeperOf(bench);
      await bench.get(connection.shutdown(), "shutting down");
      const all = [
        ...deeds(messages, one),
        ["finding", () => keeper.kept(parseAddress(bench.address))],
        ["keeping", () => keeper.keep(bench.message("2"))],
      ] as const;
      for (const [verb, run] of all) {
        const what = `${verb} after shutdown`;
        const call = bench.call(() => run(), what);
        failedWith(await bench.endsAtOnce(call, what), what, "closed");
      }
    },
  },
];
