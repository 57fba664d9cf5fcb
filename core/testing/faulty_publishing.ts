import {
  headers,
  isMessagingError,
  type Message,
  type MessageHeaders,
  type Publisher,
  systemClock,
} from "../contract/mod.ts";
import type { Fault } from "./fault.ts";

type Publish = (message: Message) => unknown;
type PublishOptions = { readonly signal?: AbortSignal };
type Fields = readonly (readonly [string, string])[];

/** A fault of publishing: what stands in for `publish`, made once for each publisher. */
function publishing(
  breaks: string,
  make: (publish: Publish, publisher: Publisher) => Publish,
): () => Fault {
  return () => ({
    breaks,
    publisher: (publisher) => {
      // Those of the call that is under way: a signal is no matter of these faults.
      let options: PublishOptions | undefined;
      const broken = make(
        (message) => publisher.publish(message, options),
        publisher,
      );
      return {
        publish: (message: Message, given?: PublishOptions) => {
          options = given;
          try {
            return broken(message);
          } finally {
            options = undefined;
          }
        },
      };
    },
  });
}

/** A fault of the headers on their way. */
function fields(
  breaks: string,
  change: (sent: Fields) => Fields,
): () => Fault {
  return publishing(breaks, (publish) => async (message) => {
    const { headers: sent } = message;
    await publish(
      sent === undefined
        ? message
        : { ...message, headers: headers(change([...sent])) },
    );
  });
}

/** A fault of the body on its way. */
function body(
  breaks: string,
  change: (sent: Uint8Array) => Uint8Array,
): () => Fault {
  return publishing(
    breaks,
    (publish) => async (message) => {
      const { body: sent } = message;
      await publish(
        sent instanceof Uint8Array
          ? { ...message, body: change(sent) }
          : message,
      );
    },
  );
}

/** Looks names up as they were written. */
function byCase(found: MessageHeaders): MessageHeaders {
  const all = (name: string): string[] =>
    [...found].filter(([own]) => own === name).map(([, value]) => value);
  return {
    get: (name) => all(name)[0],
    getAll: all,
    has: (name) => all(name).length > 0,
    [Symbol.iterator]: () => found[Symbol.iterator](),
  };
}

const later = (publish: Publish) => async (message: Message): Promise<void> => {
  await systemClock.turn();
  await publish(message);
};

/** Faults of publishing, of headers and of bodies. */
export const faultyPublishing: Readonly<Record<string, () => Fault>> = {
  "drops-in-silence": publishing(
    "Each eighth publish resolves and is not sent.",
    (publish) => {
      let count = 0;
      return (message) => ++count % 8 === 0 ? undefined : publish(message);
    },
  ),
  "drops-when-crowded": publishing(
    "What is more than 8 publishes in one turn is dropped.",
    (publish) => {
      let now = 0;
      return (message) => {
        if (now === 0) void systemClock.turn().then(() => now = 0);
        return ++now > 8 ? Promise.resolve() : publish(message);
      };
    },
  ),
  "confirms-nothing": () => ({
    breaks: "A publisher does not say what it confirms.",
    publisher: () => ({ confirms: undefined }),
  }),
  "confirms-too-soon": publishing(
    "A publish resolves before it is sent.",
    (publish) => (message) => {
      void Promise.resolve(later(publish)(message)).catch(() => {});
    },
  ),
  "publish-throws": publishing(
    "A publish that cannot be throws synchronously.",
    (publish, publisher) => (message) => {
      if (!(message.body instanceof Uint8Array)) {
        throw new TypeError("Cannot publish: expected bytes");
      }
      return publisher === undefined ? undefined : publish(message);
    },
  ),
  "caps-headers": fields(
    "Only 16 headers survive.",
    (sent) => sent.slice(0, 16),
  ),
  "drops-empty-headers": fields(
    "Headers without a value are lost.",
    (sent) => sent.filter(([, value]) => value !== ""),
  ),
  "merges-headers": fields("Of a repeated header the last is left.", (sent) => [
    ...new Map(sent),
  ]),
  "ascii-headers": fields(
    "Headers are ASCII on the wire.",
    (sent) =>
      sent.map(([name, value]) => [name, value.replace(/\P{ASCII}/gu, "?")]),
  ),
  "trims-headers": fields(
    "A header ends at its first quotation mark.",
    (sent) => sent.map(([name, value]) => [name, value.split('"')[0] ?? ""]),
  ),
  "headers-by-case": () => ({
    breaks: "Headers are looked up by case.",
    delivery: ({ message }) => ({
      message: {
        ...message,
        ...(message.headers && { headers: byCase(message.headers) }),
      },
    }),
  }),
  "lets-line-ends": publishing(
    "A header with CR or LF is sent without it.",
    (publish) => (message) => {
      const { headers: sent, ...rest } = message;
      return publish(
        [...sent ?? []].some(([, value]) => /[\r\n]/.test(value))
          ? rest
          : message,
      );
    },
  ),
  "adds-headers": () => ({
    breaks: "A message without headers arrives with one.",
    delivery: ({ message }) => ({
      message: { headers: headers({ "x-added": "1" }), ...message },
    }),
  }),
  "drops-headers": () => {
    let travel = true;
    return {
      ...publishing(
        "Headers that cannot travel are dropped in silence.",
        (publish) => ({ headers: sent, ...message }) =>
          publish(
            travel && sent !== undefined
              ? { headers: sent, ...message }
              : message,
          ),
      )(),
      broker: ({ guarantees }) => {
        travel = guarantees.headers;
        return {};
      },
    };
  },
  "pads-empty-bodies": body(
    "A body of nothing becomes one of a zero.",
    (sent) => sent.length === 0 ? new Uint8Array(1) : sent,
  ),
  "bodies-as-text": body(
    "A body is text on its way.",
    (sent) => new TextEncoder().encode(new TextDecoder().decode(sent)),
  ),
  "sends-whole-buffer": body(
    "Of a part of a buffer all of it is sent.",
    (sent) => new Uint8Array(sent.buffer),
  ),
  "truncates-bodies": body(
    "The last byte of a body of whole blocks is lost.",
    (sent) =>
      sent.length > 0 && sent.length % 65_536 === 0
        ? sent.subarray(0, -1)
        : sent,
  ),
  "takes-too-large": publishing(
    "What is too large of a body is cut off.",
    (publish) => async (message) => {
      try {
        await publish(message);
      } catch (error) {
        if (!isMessagingError(error, "too-large")) throw error;
        await publish({ ...message, body: message.body.subarray(0, 16) });
      }
    },
  ),
  "keeps-the-buffer": publishing(
    "The body is read after its publish has resolved.",
    (publish) => {
      let before: Promise<void> = Promise.resolve();
      return (message) => {
        before = before.then(() => systemClock.turn()).then(async () => {
          await publish(message);
        });
        before.catch(() => {});
      };
    },
  ),
  "reorders": publishing("Each third message is overtaken.", (publish) => {
    let count = 0;
    return (message) => (++count % 3 === 0 ? later(publish) : publish)(message);
  }),
  "forgets-keys": publishing(
    "The key of a message is lost.",
    (publish) => ({ key: _, ...message }) => publish(message),
  ),
  "writes-into-messages": publishing(
    "A publish writes into the message that it is given.",
    (publish) => (message) => {
      Object.assign(message, { headers: headers({ "x-sent": "1" }) });
      return publish(message);
    },
  ),
  "writes-into-bodies": publishing(
    "A publish writes into the body that it is given.",
    (publish) => async (message) => {
      const copy = { ...message, body: message.body.slice() };
      message.body.fill(0);
      await publish(copy);
    },
  ),
  "publish-forgets-signal": () => ({
    breaks: "A publish does not look at its signal.",
    publisher: (publisher) => ({
      publish: (message: Message) => publisher.publish(message),
    }),
  }),
};
