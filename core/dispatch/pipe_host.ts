import type { DeliveryContext } from "./contexts.ts";
import type { Floor } from "./floor.ts";
import type { PipeHost } from "./pipe.ts";
import type { Reading } from "./reading.ts";
import type { DispatchEnv } from "./route.ts";
import type { Settling } from "./settling.ts";

/** What a dispatcher is to the pipe that it feeds. */
export function pipeHost(
  env: DispatchEnv,
  floor: Floor,
  settling: Settling,
  reading: () => Reading,
): PipeHost {
  return {
    guarantees: env.guarantees,
    isCaughtUp: () => reading().isCaughtUp,
    inPipe: () =>
      floor.inHand.all().flatMap(({ run }) => run === undefined ? [] : [run]),
    release: (run, reason) => {
      if (!run.over) settling.giveUp((run as DeliveryContext).job, reason);
    },
    fail: (error) => env.fail(error),
  };
}
