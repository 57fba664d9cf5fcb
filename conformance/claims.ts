import type { Connection, Subscription } from "@ruststream/core/contract";
import { Bench } from "./bench.ts";
import { tellsHeap } from "./heap.ts";
import type { BenchSettings } from "./bench_options.ts";
import type { BenchAbility, Capability, Claims } from "./claim_types.ts";

const byMethod: Readonly<Record<string, Capability>> = {
  request: "requests",
  requestMany: "requestMany",
  begin: "transactions",
  schedule: "schedules",
  backlog: "backlog",
  batches: "batches",
  pause: "pause",
};

/** What a broker claims: from its data, and from the methods of what it opens. */
export async function readClaims(
  settings: BenchSettings,
  over: AbortSignal,
): Promise<Claims> {
  const bench = new Bench(settings, unknown(settings), over);
  try {
    const connection = await bench.connection();
    const alone = (await bench.tap()).subscription;
    const way = bench.group();
    const member = bench.broker.guarantees.groups
      ? (await bench.tap({ way })).subscription
      : undefined;
    const publisher = await bench.publisher(connection);
    return {
      ...bench.claims,
      alone: alone.guarantees,
      ...(member && { member: member.guarantees }),
      confirms: publisher.confirms,
      can: new Set(
        Object.entries(byMethod)
          .filter(([method]) => has([publisher, connection, alone], method))
          .map(([, capability]) => capability)
          .concat(settings.log === undefined ? [] : "seek")
          .concat(settings.kept === undefined ? [] : "kept"),
      ),
    };
  } finally {
    await bench.end();
  }
}

function has(
  places: readonly (object | Connection | Subscription)[],
  method: string,
): boolean {
  return places.some((place) =>
    typeof (place as Record<string, unknown>)[method] === "function"
  );
}

// What is known without connecting.
function unknown(settings: BenchSettings): Claims {
  const { guarantees } = settings.broker();
  const abilities: readonly BenchAbility[] = [
    "restart",
    "cut",
    "mend",
    "loseCommit",
    "secret",
    "maxBodyBytes",
    "maxWaiting",
    "maxTransaction",
    "maxUnread",
    "log",
  ];
  const bench = new Set(
    abilities.filter((name) =>
      settings[name as keyof BenchSettings] !== undefined
    ),
  );
  if (settings.log?.forget !== undefined) bench.add("forget");
  if (tellsHeap()) bench.add("heap");
  return {
    broker: guarantees,
    alone: guarantees,
    confirms: "sent",
    can: new Set(),
    bench,
  };
}
