import { insidesOf } from "../app/insides.ts";
import type { PlannedBroker } from "../app/planned.ts";
import { endingMs } from "../app/undo.ts";
import type { Broker, BrokerEvent, Connection } from "../contract/broker.ts";
import type { Clock } from "../contract/clock.ts";
import type { Keeps } from "../contract/keeps.ts";
import { MessagingError } from "../contract/errors.ts";
import type { CommandContext } from "./command.ts";
import { errorLine } from "./failure.ts";
import type { World } from "./world.ts";

/** Keeps the process alive while a command waits: longer than a process lives. */
const longMs = 2 ** 40;

/** A broker of the application that is connected; none of its subscribers is started. */
export interface Connected {
  readonly planned: PlannedBroker;
  readonly connection: Connection;
}

/**
 * Connects a broker of the application for as long as something is done with it. Of one inside this process it is said that no service is on it.
 *
 * Ends: what is done has ended, well or not; or the signal is aborted while it connects. The connection is shut down in each case; where that fails after all went well, it rejects with that.
 */
export async function onBroker<T>(
  { app, signal, say }: CommandContext,
  { clock }: World,
  name: string,
  run: (connected: Connected) => Promise<T>,
): Promise<T> {
  const { plan, brokers } = insidesOf(app);
  const planned = plan(brokers).brokers.find((one) => one.broker.name === name);
  if (planned === undefined) {
    throw new TypeError(`Cannot connect "${name}": there is no such broker`);
  }
  warnOfInside(planned.broker, say);
  const letGo = clock.after(longMs, () => {});
  let wasConnected = false;
  try {
    const connection = await planned.broker.connect({
      signal,
      clock,
      report: (event) => {
        // That it is connected shows in what follows.
        const isFirst = event.kind === "connected" && !wasConnected;
        wasConnected ||= isFirst;
        if (!isFirst) tell(name, event, say);
      },
    });
    let result: T;
    try {
      result = await run({ planned, connection });
    } catch (error) {
      // What failed first says more.
      await shutDown(name, connection, clock).catch(() => {});
      throw error;
    }
    await shutDown(name, connection, clock);
    return result;
  } finally {
    letGo();
  }
}

/** Says of a broker without a server that nobody else is on it: what is done there looks like a success, and reaches no service. */
function warnOfInside(
  broker: Broker,
  say: (line: string) => void,
): void {
  if (broker.describe().length > 0) return;
  say(
    `Broker "${broker.name}" lives inside one process: this command has one of its own, and reaches no running service; "run --feed ADDRESS=FILE" runs the service and feeds it`,
  );
}

/** Waits for the end of a connection, which flushes what was sent, so long and no longer. */
async function shutDown(
  name: string,
  connection: Connection,
  clock: Clock,
): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const cancel = clock.after(endingMs, () =>
    reject(
      new MessagingError(
        "timeout",
        `Cannot wait for broker "${name}" any longer: not shut down after ${endingMs} ms`,
      ),
    ));
  try {
    await Promise.race([connection.shutdown(), late]);
  } finally {
    cancel();
  }
}

function tell(
  name: string,
  event: BrokerEvent,
  say: (line: string) => void,
): void {
  const { kind, detail } = event;
  const count = "count" in event ? ` ${event.count}` : "";
  const cause = "cause" in event && event.cause !== undefined
    ? `: ${errorLine(event.cause)}`
    : "";
  const words = detail === undefined ? "" : ` (${detail})`;
  say(`Broker "${name}" ${kind}${count}${words}${cause}`);
}

/**
 * What keeps the messages of a connection.
 *
 * @throws {MessagingError} `unsupported`, where it cannot be looked at.
 */
export function keeperOf(
  { planned: { broker: { name } }, connection }: Connected,
  deed: string,
): Keeps {
  const keeper = connection as Connection & Partial<Keeps>;
  if (typeof keeper.kept === "function" && typeof keeper.keep === "function") {
    return keeper as Connection & Keeps;
  }
  throw new MessagingError(
    "unsupported",
    `Cannot ${deed}: broker "${name}" lacks "kept", what it keeps cannot be looked at`,
  );
}
