import type { Seekable, Subscription } from "@ruststream/core/contract";
import { parseAddress } from "@ruststream/core/contract";
import { type Bench, numbers, texts } from "../../bench.ts";
import { alike, failed, failedBecause, failedWith } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { can } from "../../gates.ts";
import { Tap } from "../../tap.ts";

/** A subscription that can be moved. */
export type Log = Subscription & Seekable<unknown>;

/** Opens the log of the check's address, behind its newest message. */
export async function open(
  bench: Bench,
): Promise<{ readonly log: Log; readonly tap: Tap }> {
  const connection = await bench.connection();
  const { log: how } = bench.settings;
  if (how === undefined) {
    throw new TypeError("Cannot read a log: the bench has none");
  }
  const opened = how.open(connection, parseAddress(bench.address));
  const log = await bench.get(opened, "opening a log");
  return { log, tap: new Tap(bench, log) };
}

/** Five messages read and acked, and the position of the third. */
export async function third(bench: Bench): Promise<{
  readonly log: Log;
  readonly tap: Tap;
  readonly position: unknown;
}> {
  const { log, tap } = await open(bench);
  await bench.publishAll(numbers(5));
  const all = await tap.take(5);
  for (const one of all) await bench.settle(one, { kind: "ack" });
  const [, , delivery] = all;
  return {
    log,
    tap,
    position: delivery && bench.settings.log?.position(delivery),
  };
}

/** A subscription that is moved in a log. */
export const checks: readonly Check[] = [
  {
    id: "seek/back",
    promise:
      "A position taken from a delivery redelivers exactly that one and then the rest.",
    rule: 18,
    needs: can("seek"),
    catches: "seeks-past",
    async run(bench) {
      const { log, tap, position } = await third(bench);
      await bench.get(log.seek(position), "seeking");
      alike(
        texts(await tap.take(3)),
        ["3", "4", "5"],
        "what comes after a seek",
      );
      await bench.publish("6");
      alike(texts(await tap.take(1)), ["6"], "what is published after a seek");
    },
  },
  {
    id: "seek/others-stay",
    promise: "Seeking moves one subscription; the others stay where they are.",
    rule: 18,
    needs: can("seek"),
    catches: "seek-does-nothing",
    async run(bench) {
      const other = await bench.tap();
      const { log, tap, position } = await third(bench);
      alike(
        texts(await other.take(5)),
        numbers(5),
        "what another subscription got",
      );
      await bench.get(log.seek(position), "seeking");
      alike(
        texts(await tap.take(3)),
        ["3", "4", "5"],
        "what comes after a seek",
      );
      await other.nothing("after the seek of another subscription");
    },
  },
  {
    id: "seek/unknown-position",
    promise:
      "A position that the log does not hold is refused, and the subscription does not move.",
    rule: 18,
    needs: can("seek"),
    catches: "seeks-anywhere",
    async run(bench) {
      const { log, tap } = await third(bench);
      const what = "seeking a position that is none";
      const nowhere = Object.freeze({ nowhere: true });
      failed(
        await bench.ends(bench.call(() => log.seek(nowhere), what), what),
        what,
      );
      await tap.nothing("after a seek that was refused");
      await bench.publish("6");
      alike(texts(await tap.take(1)), ["6"], "what comes next");
    },
  },
  {
    id: "seek/abort",
    promise:
      "Seeking obeys its signal, and rejects with the signal's own reason.",
    rule: 20,
    needs: can("seek"),
    catches: "seek-forgets-signal",
    async run(bench) {
      const { log, tap, position } = await third(bench);
      const reason = new TypeError("Cannot wait any longer");
      const what = "seeking with an aborted signal";
      const signal = AbortSignal.abort(reason);
      const call = bench.call(() => log.seek(position, { signal }), what);
      failedBecause(await bench.endsAtOnce(call, what), reason, what);
      await tap.nothing("after a seek that was aborted");
    },
  },
  {
    id: "seek/after-shutdown",
    promise: "Seeking after shutdown rejects at once with closed.",
    rule: 2,
    needs: can("seek"),
    catches: "seek-outlives",
    async run(bench) {
      const { log, position } = await third(bench);
      await bench.get((await bench.connection()).shutdown(), "shutting down");
      const what = "seeking after shutdown";
      const call = bench.call(() => log.seek(position), what);
      failedWith(await bench.endsAtOnce(call, what), what, "closed");
    },
  },
];
