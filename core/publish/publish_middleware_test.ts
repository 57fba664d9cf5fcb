import { test } from "@ruststream/conformance/runner";
import {
  type Message,
  type RequestManyOptions,
  systemClock,
} from "@ruststream/core/contract";
import assert from "node:assert/strict";
import type { RawPublisher } from "./erased_publisher.ts";
import { composeLayers, type PublishMiddleware } from "./publish_middleware.ts";

const message: Message = { address: "orders", body: new Uint8Array(1) };
const target = {
  kind: "publish" as const,
  template: "orders",
  broker: "memory",
};
const soon = { timeoutMs: 1_000 };
const boom = new Error("boom");
const forever = new Promise<never>(() => {});

/** A raw publisher that keeps what it sends. */
function kept() {
  const sent: string[] = [];
  const raw = {
    confirms: "sent" as const,
    publish: ({ address }: Message): string => {
      sent.push(address);
      return `receipt ${sent.length}`;
    },
    request: ({ address }: Message) => {
      sent.push(address);
      return Promise.resolve(message);
    },
    requestMany: ({ address }: Message, _options: RequestManyOptions) => {
      sent.push(address);
      return new ReadableStream<Message>({
        start: (to) => to.enqueue(message),
        cancel: () => void sent.push(`cancelled ${address}`),
      });
    },
    schedule: ({ address }: Message) => {
      sent.push(address);
      return Promise.resolve();
    },
  } satisfies RawPublisher;
  const by = (layer: PublishMiddleware) =>
    composeLayers([layer])(raw, target) as typeof raw;
  return { sent, by };
}

test("a publish middleware that throws, or rejects, fails each kind of publish, and no stream of replies throws", async () => {
  const { sent, by } = kept();
  const layers: PublishMiddleware[] = [
    () => () => {
      throw boom;
    },
    () => () => Promise.reject(boom),
  ];

  for (const layer of layers) {
    const raw = by(layer);
    const ends: readonly (() => unknown)[] = [
      () => raw.publish(message),
      () => raw.request(message),
      () => raw.requestMany(message, soon).getReader().read(),
      () => raw.schedule(message),
    ];
    for (const end of ends) {
      await assert.rejects(
        Promise.resolve(end()),
        (error) => error === boom,
      );
    }
  }

  assert.deepEqual(sent, []);
});

test("replies that nobody reads, of a middleware that rejects, are nobody's unhandled rejection", async () => {
  const { by } = kept();

  const stream = by(() => () => Promise.reject(boom)).requestMany(
    message,
    soon,
  );
  // An unhandled rejection would end the test run.
  await systemClock.turn();

  await assert.rejects(stream.getReader().read(), (error) => error === boom);
});

test("a publish middleware that answers a request with what is no reply is told so", async () => {
  const { by } = kept();
  const raw = by(() => () => undefined);
  const expected = (found: string) =>
    new TypeError(
      `Cannot request "orders": a publish middleware gave ${found} for what "next" gives`,
    );

  assert.equal(await raw.publish(message), undefined);
  await assert.rejects(raw.request(message), expected("undefined"));
  await assert.rejects(
    raw.requestMany(message, soon).getReader().read(),
    expected("undefined"),
  );
  await assert.rejects(
    by(() => () => Promise.resolve(5)).requestMany(message, soon).getReader()
      .read(),
    expected("number"),
  );
});

test("a publish middleware that does not hand its target on is told so, and nothing goes out", async () => {
  const { sent, by } = kept();
  const bare = by((next) => (given) => next(given, target));
  const none = by((next) => (given) => next(given, undefined as never));

  for (const raw of [bare, none]) {
    await assert.rejects(
      Promise.resolve(raw.publish(message)),
      new TypeError(
        'Cannot publish to "orders": a publish middleware did not hand "to" on',
      ),
    );
  }
  assert.deepEqual(sent, []);
});

test("a publish middleware may change the address and the target's words, and send twice", async () => {
  const { sent, by } = kept();
  const raw = by((next) => async (given, to) => {
    await next({ ...given, address: "copy" }, { ...to, template: "copy" });
    return await next(given, to);
  });

  const receipt = await raw.publish(message);

  assert.equal(receipt, "receipt 2");
  assert.deepEqual(sent, ["copy", "orders"]);
});

test("replies are given up while a publish middleware waits, by signal or cancel, and those that come late are cancelled", async () => {
  const { sent, by } = kept();
  const stop = new AbortController();
  const gate = Promise.withResolvers<void>();
  const waiting = by((next) => async (given, to) => {
    await gate.promise;
    return await next(given, to);
  });
  const { signal } = stop;
  const aborted = by(() => () => forever)
    .requestMany(message, { ...soon, signal });
  const read = aborted.getReader().read();
  const cancelled = waiting.requestMany(message, soon);
  const never = by(() => () => forever).requestMany(message, soon);
  const ended = assert.rejects(read, (error) => error === boom);

  stop.abort(boom);
  await ended;
  await cancelled.cancel();
  await never.cancel();
  gate.resolve();
  await systemClock.turn();

  assert.deepEqual(sent, ["orders", "cancelled orders"]);
});
