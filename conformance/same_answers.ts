import { isMessagingError, type Settlement } from "@ruststream/core/contract";
import { alike, type Ending } from "./assertions.ts";
import { Bench, texts } from "./bench.ts";
import { type BenchOptions, benchSettings } from "./bench_options.ts";
import { claimsOf, underDeadline } from "./run.ts";

/** What a broker answers, in words: of each settlement, of each refusal, and of a backlog. */
export type BrokerAnswers = Readonly<Record<string, string>>;

function inWords(ending: Ending): string {
  if (ending.kind === "resolved") return "resolves";
  const { reason } = ending;
  if (isMessagingError(reason)) return reason.code;
  return reason instanceof Error ? reason.name : "rejects";
}

const settlements: readonly Settlement[] = [
  { kind: "ack" },
  { kind: "reject" },
  { kind: "release" },
  { kind: "retry" },
  { kind: "retry", afterMs: 50 },
  { kind: "retry", afterMs: -1 },
];

async function ofSettlements(bench: Bench): Promise<BrokerAnswers> {
  const answers: Record<string, string> = {};
  for (const way of bench.ways()) {
    for (const settlement of settlements) {
      const tap = await bench.tap({ way });
      await bench.publish("1");
      const what = `${way.name}, ${JSON.stringify(settlement)}`;
      const call = bench.call(
        async () => await (await tap.next()).settle(settlement),
        what,
      );
      const ending = inWords(await bench.ends(call, what));
      const back = await tap.rest();
      answers[what] = `${ending}, comes back ${back.length} times`;
      for (const one of back) {
        await bench.ends(one.settle({ kind: "ack" }), what);
      }
      await bench.get(tap.reader.cancel(), "cancelling");
    }
  }
  return answers;
}

async function ofRefusals(bench: Bench): Promise<BrokerAnswers> {
  const publisher = await bench.publisher();
  const { maxBodyBytes } = bench.settings;
  const message = bench.message("1");
  const odd = {
    "an empty address": { ...message, address: "" },
    "an address with a space": { ...message, address: "a b" },
    "an address with an empty token": { ...message, address: "a..b" },
    "a body that is text": { ...message, body: "1" as never },
    ...(maxBodyBytes !== undefined && {
      "a body that is too large": {
        ...message,
        body: new Uint8Array(maxBodyBytes + 1),
      },
    }),
  };
  const answers: Record<string, string> = {};
  for (const [what, given] of Object.entries(odd)) {
    const call = bench.call(() => publisher.publish(given), what);
    answers[what] = inWords(await bench.ends<unknown>(call, what));
  }
  return answers;
}

async function ofBacklogs(bench: Bench): Promise<BrokerAnswers> {
  const answers: Record<string, string> = {};
  for (const way of bench.ways()) {
    const address = `${bench.address}.${way.name}`;
    await bench.publish("before", { address });
    const tap = await bench.tap({ way, address });
    await bench.publish("after", { address });
    answers[`backlog, ${way.name}`] = texts(await tap.rest()).join(", ");
    await bench.get(tap.reader.cancel(), "cancelling");
  }
  return answers;
}

async function answersOf(options: BenchOptions): Promise<BrokerAnswers> {
  const settings = benchSettings(options);
  const claims = await claimsOf(settings);
  const what = "the answers of a broker";
  return await underDeadline(what, settings.deadlineMs, async (over) => {
    const answers: Record<string, string> = {};
    for (const ask of [ofSettlements, ofRefusals, ofBacklogs]) {
      const bench = new Bench(settings, claims, over);
      Object.assign(answers, await ask(bench));
      await bench.end();
    }
    return answers;
  });
}

/**
 * Fails where a broker and its form inside this process answer a settlement, a refusal or a backlog differently.
 *
 * @example A broker and a fresh one of the same kind
 * ```ts
 * import assert from "node:assert/strict";
 * import { sameAnswers } from "@ruststream/conformance";
 * import { VirtualClock } from "@ruststream/core/testing";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const bench = { broker: () => new MemoryBroker(), clock: () => new VirtualClock() };
 * const answers = await sameAnswers(bench, bench);
 * assert.equal(answers["a body that is text"], "TypeError");
 * ```
 *
 * @param live How the real one is tried.
 * @param inProcess How the one inside this process is tried.
 * @returns What both answer.
 */
export async function sameAnswers(
  live: BenchOptions,
  inProcess: BenchOptions,
): Promise<BrokerAnswers> {
  const answers = await answersOf(live);
  const other = await answersOf(inProcess);
  for (const [what, answer] of Object.entries(answers)) {
    alike(
      other[what],
      answer,
      `The answer of the broker inside this process: ${what}`,
    );
  }
  alike(other, answers, "The answers of the broker inside this process");
  return answers;
}
