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
import { replaced } from "./faulty_replace.ts";
import type { Published, Recorder } from "./_recorder.ts";

/** Where what a publisher sends is remembered as coming from. */
export type Origin = Pick<Published, "broker" | "by" | "nearest">;

type Any = Publisher & Partial<Requests & RequestsMany & Transacts & Schedules>;
type Send = (message: Message, options?: object) => unknown;

/** Sends a message, and remembers how that ended. Waits only where sending does. */
function watched(recorder: Recorder, origin: Origin, send: Send): Send {
  return (message, options) => {
    const ended = recorder.leaving(message, { ...origin, options });
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

/** A publisher that tells of all it sends: at once, in a transaction, as a request, for later. */
export function watchedPublisher<P extends Publisher>(
  recorder: Recorder,
  origin: Origin,
  publisher: P,
): P {
  const any: Any = publisher;
  const changes: Record<string, unknown> = {
    publish: watched(
      recorder,
      origin,
      (message, options) => any.publish(message, options as never),
    ),
  };
  if (typeof any.request === "function") {
    changes["request"] = watched(
      recorder,
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
      watchedTransaction(recorder, origin, await any.begin?.(options));
  }
  if (typeof any.schedule === "function") {
    changes["schedule"] = async (
      ...[message, at, options]: Parameters<Schedules["schedule"]>
    ) => {
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

/** What is published in a transaction leaves with its commit. */
function watchedTransaction(
  recorder: Recorder,
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
      await transaction.commit(options);
      for (const [message, given] of sent.splice(0)) {
        recorder.leaving(message, { ...origin, options: given })();
      }
    },
  });
}
