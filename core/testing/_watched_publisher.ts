import { isPromiseLike } from "../contract/awaitable.ts";
import type { Message } from "../contract/message.ts";
import type {
  Publisher,
  Requests,
  RequestsMany,
  Schedules,
  Transaction,
  Transacts,
} from "../contract/publisher.ts";
import type { FaultLine } from "./_fault_line.ts";
import { never } from "./faulty_method.ts";
import { replaced } from "./faulty_replace.ts";
import type { ProcessClock } from "./_process_clock.ts";
import type { Published, Recorder } from "./_recorder.ts";

/** Where what a publisher sends is remembered as coming from. */
export type Origin = Pick<Published, "broker" | "by" | "nearest"> & {
  /** The same of one message, where a publisher sends for several. */
  readonly byOf?: (message: Message) => Published["by"] | undefined;
};

/** Who looks at what leaves an application, and may keep it back. */
export interface Watch {
  readonly recorder: Recorder;
  /** The process that publishes. */
  readonly process: ProcessClock;
  readonly line: FaultLine;
}

type Any = Publisher & Partial<Requests & RequestsMany & Transacts & Schedules>;
type Send = (message: Message, options?: object) => unknown;

/** Sends a message, and remembers how that ended. Waits only where sending does. */
function watched(watch: Watch, origin: Origin, send: Send): Send {
  const { recorder, line } = watch;
  return (message, options) => {
    if (!survives(watch, message)) return never();
    const ended = recorder.leaving(message, { ...origin, options });
    const refusal = line.refusal(message);
    if (refusal !== undefined) {
      ended({ error: refusal });
      return Promise.reject(refusal);
    }
    let sent: unknown;
    try {
      sent = send(message, options);
    } catch (error) {
      ended({ error });
      throw error;
    }
    if (!isPromiseLike(sent)) {
      ended();
      return sent;
    }
    return Promise.resolve(sent).then((receipt) => {
      ended();
      return receipt;
    }, (error) => {
      ended({ error });
      throw error;
    });
  };
}

/** Whether the process gets as far as to publish. */
function survives({ process, line }: Watch, message: Message): boolean {
  if (process.dead) return false;
  if (!line.strikes("crashBeforePublish", message)) return true;
  line.kill();
  return false;
}

/** A publisher that tells of all it sends: at once, in a transaction, as a request, for later. */
export function watchedPublisher<P extends Publisher>(
  watch: Watch,
  origin: Origin,
  publisher: P,
): P {
  const { recorder } = watch;
  const any: Any = publisher;
  const changes: Record<string, unknown> = {
    publish: watched(
      watch,
      origin,
      (message, options) => any.publish(message, options as never),
    ),
  };
  if (typeof any.request === "function") {
    changes["request"] = watched(
      watch,
      origin,
      (message, options) => any.request?.(message, options as never),
    );
  }
  if (typeof any.requestMany === "function") {
    changes["requestMany"] = (
      ...[message, options]: Parameters<RequestsMany["requestMany"]>
    ) => {
      // It is sent at once; its replies are read as they come.
      recorder.leaving(message, { ...origin, options })();
      return any.requestMany?.(message, options);
    };
  }
  if (typeof any.begin === "function") {
    changes["begin"] = async (options?: object) =>
      watchedTransaction(watch, origin, await any.begin?.(options));
  }
  if (typeof any.schedule === "function") {
    changes["schedule"] = async (
      ...[message, at, options]: Parameters<Schedules["schedule"]>
    ) => {
      await mayLeave(watch, message);
      await any.schedule?.(message, at, options);
      recorder.scheduled.push({ message, at: at.getTime() });
      recorder.published.push({
        ...origin,
        message,
        options,
        at: at.getTime(),
      });
    };
  }
  return replaced(publisher, changes);
}

/** Rejects what is refused. What died waits for ever. */
async function mayLeave(watch: Watch, message: Message): Promise<void> {
  if (!survives(watch, message)) await never();
  const refusal = watch.line.refusal(message);
  if (refusal !== undefined) throw refusal;
}

/** What is published in a transaction leaves with its commit. */
function watchedTransaction(
  watch: Watch,
  origin: Origin,
  transaction: Transaction | undefined,
): Transaction | undefined {
  if (transaction === undefined) return undefined;
  const sent: [Message, object | undefined][] = [];
  return replaced(transaction, {
    publish: async (message: Message, options?: object) => {
      const receipt = await transaction.publish(message, options as never);
      sent.push([message, options]);
      return receipt;
    },
    commit: async (options?: object) => {
      const [first] = sent;
      if (first !== undefined) await mayLeave(watch, first[0]);
      await transaction.commit(options);
      for (const [message, given] of sent.splice(0)) {
        const by = origin.byOf?.(message) ?? origin.by;
        watch.recorder.leaving(message, { ...origin, by, options: given })();
      }
    },
  });
}
