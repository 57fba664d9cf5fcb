import { text } from "../../bench.ts";
import { alike } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import { every, given, member } from "../../gates.ts";

/** What outlives a server. */
export const checks: readonly Check[] = [
  {
    id: "publish/survives-restart",
    promise:
      "Where persistence is durable, what a group has not settled is there after a restart of the server.",
    rule: 14,
    needs: every(
      given("restart"),
      member(
        "to keep messages across restarts",
        ({ persistence }) => persistence === "durable",
      ),
    ),
    catches: "forgets-at-restart",
    async run(bench) {
      const way = bench.group();
      const before = await bench.connect();
      const tap = await bench.tap({ way, connection: before });
      await bench.get(tap.subscription[Symbol.asyncDispose](), "disposing");
      await bench.publish("1", { connection: before });
      await bench.get(before.shutdown(), "shutting down");
      await bench.settings.restart?.();
      const after = await bench.tap({ way, connection: await bench.connect() });
      alike(text(await after.next()), "1", "what is there after a restart");
    },
  },
];
