import { parseAddress, type SubscribeOptions } from "@ruststream/core/contract";
import { failedWith } from "../../assertions.ts";
import type { Bench } from "../../bench.ts";
import type { Check } from "../../check.ts";

async function refused(
  bench: Bench,
  what: string,
  address: string,
  options: SubscribeOptions,
): Promise<void> {
  const connection = await bench.connection();
  const call = bench.call(
    () => bench.subscribe(connection, parseAddress(address), options),
    what,
  );
  failedWith(await bench.ends(call, what), what, "unsupported");
}

/** What is asked for and not there is refused. */
export const checks: readonly Check[] = [
  {
    id: "groups/unsupported",
    promise:
      "Where groups is false, subscribing with a group rejects with unsupported.",
    rule: 14,
    needs: ({ broker }) => broker.groups ? "it has groups" : undefined,
    catches: "takes-any-group",
    run: (bench) =>
      refused(
        bench,
        "subscribing with a group where there are none",
        bench.address,
        bench.group().options,
      ),
  },
  {
    id: "subscription/patterns-unsupported",
    promise:
      "Where patterns is false, subscribing to an address with parameters rejects with unsupported.",
    rule: 14,
    needs: ({ broker }) => broker.patterns ? "it has patterns" : undefined,
    catches: "takes-any-pattern",
    async run(bench) {
      for (const end of ["{id}", "{rest+}"]) {
        await refused(
          bench,
          `subscribing to ${end} where there are no patterns`,
          `${bench.address}.${end}`,
          {},
        );
      }
    },
  },
];
