import {
  batch,
  channel,
  flatMap,
  map,
  readable,
  sinkTo,
} from "@ruststream/core";
import {
  type AsyncCodec,
  type Message,
  MessagingError,
  type Schema,
} from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { down, Kit, later, numbers, orders, rest } from "./_kit_test.ts";

test("sinkTo() tries a publish that may pass later again in place: no attempt is counted and no stage runs again", async () => {
  await using kit = await Kit.open();
  let failures = 12;
  const runs: number[] = [];
  kit.onPublish = () => failures-- > 0 ? Promise.reject(down()) : undefined;
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(map(({ id }) => {
    runs.push(id);
    return id;
  })).pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1);
  await kit.clock.advance(600_000);

  assert.deepEqual(runs, [1]);
  assert.deepEqual(kit.published, [1]);
  assert.deepEqual(kit.settled, ["ack"]);
  assert.deepEqual(kit.codes, ["failing", "failing"]);
  await source.drain();
  await done;
});

test("sinkTo() leaves what will not pass to the policy", async () => {
  await using kit = await Kit.open();
  kit.onPublish = () =>
    Promise.reject(new MessagingError("denied", "Cannot publish: not allowed"));
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(map(({ id }) => id))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1);
  await rest();

  assert.deepEqual(kit.settled, ["retry"]);
  await source.drain();
  await done;
});

test("sinkTo() ends at once what cannot be encoded or is not lawful: it would not be next time", async () => {
  await using kit = await Kit.open();
  kit.onPublish = () => {
    throw new TypeError("Cannot publish");
  };
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(map(({ id }) => id === 1 ? 1n : id))
    .pipeTo(sinkTo(kit.connection, channel<number | bigint>("numbers")));

  await kit.send(1, 2);
  await rest();

  assert.deepEqual(kit.settled, ["reject", "reject"]);
  assert.deepEqual(kit.codes, ["rejected", "rejected"]);
  assert.deepEqual(kit.published, []);
  await source.drain();
  await done;
});

test("sinkTo() leaves to the policy what its codec cannot encode now, and may later", async () => {
  await using kit = await Kit.open();
  const codec: AsyncCodec = {
    contentType: "application/json",
    waits: true,
    encode: () =>
      Promise.reject(new MessagingError("timeout", "Cannot ask for a key")),
    decode: () => Promise.resolve(0),
  };
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(map(({ id }) => id))
    .pipeTo(sinkTo(kit.connection, { ...numbers, codec }));

  await kit.send(1);
  await rest();

  assert.deepEqual(kit.settled, ["retry"]);
  await source.drain();
  await done;
});

test("sinkTo() ends at once what its schema refuses, or its broker takes for too large", async () => {
  await using kit = await Kit.open();
  kit.onPublish = () =>
    Promise.reject(new MessagingError("too-large", "Cannot publish"));
  const one: Schema<number> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) =>
        value === 1
          ? { issues: [{ message: "no" }] }
          : { value: value as number },
    },
  };
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(map(({ id }) => id))
    .pipeTo(sinkTo(kit.connection, channel("numbers", { payload: one })));

  await kit.send(1, 2);
  await rest();

  assert.deepEqual(kit.settled, ["reject", "reject"]);
  await source.drain();
  await done;
});

test("one payload that cannot be encoded holds up none of its batch, and costs them no attempt", async () => {
  await using kit = await Kit.open();
  const attempts: string[] = [];
  const source = readable(kit.connection, orders, {
    ...kit.options,
    observer: {
      settled: ({ attempt, settlement }) =>
        void attempts.push(`${settlement} ${attempt}`),
    },
  });
  const done = source
    .pipeThrough(batch({ max: 3 }))
    .pipeThrough(map((all) => all.map(({ id }) => id === 2 ? 2n : id)))
    .pipeTo(sinkTo(
      kit.connection,
      channel<readonly (number | bigint)[]>("lists"),
    ));
  await kit.send(1, 2, 3);
  await kit.clock.advance(1);

  assert.deepEqual(kit.published, [[1], [3]]);
  assert.deepEqual(attempts.sort(), ["ack 1", "ack 1", "reject 1"]);
  await source.drain();
  await done;
});

test("sinkTo() keeps the order of payloads whose schema waits", async () => {
  await using kit = await Kit.open();
  const slowest = later();
  const slow: Schema<number> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: async (value) => {
        if (value === 1) await slowest.promise;
        return { value: value as number };
      },
    },
  };
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(map(({ id }) => id))
    .pipeTo(sinkTo(kit.connection, channel("numbers", { payload: slow })));

  await kit.send(1, 2);
  await rest();
  slowest.resolve();
  await rest();

  assert.deepEqual(kit.published, [1, 2]);
  await source.drain();
  await done;
});

test("sinkTo() ends the others of an order when one of its publishes is refused, and the order is told once", async () => {
  await using kit = await Kit.open();
  const last = later();
  kit.onPublish = ({ body }: Message) =>
    body[0] === 49
      ? Promise.reject(new MessagingError("denied", "Cannot publish"))
      : last.promise;
  const source = readable(kit.connection, orders, kit.options);
  const done = source.pipeThrough(flatMap(() => [1, 2]))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1);
  await rest();
  const before = [...kit.settled];
  last.resolve();
  await rest();

  assert.deepEqual(before, []);
  assert.deepEqual(kit.settled, ["retry"]);
  await source.drain();
  await done;
});

test("A refused ack frees its place, is counted, and does not error the pipeline", async () => {
  await using kit = await Kit.open();
  let refusals = 2;
  kit.onSettle = () => {
    if (refusals-- <= 0) return undefined;
    return Promise.reject(new MessagingError("refused", "Cannot ack"));
  };
  const source = readable(kit.connection, orders, {
    ...kit.options,
    maxInFlight: 1,
  });
  const done = source.pipeThrough(map(({ id }) => id))
    .pipeTo(sinkTo(kit.connection, numbers));

  await kit.send(1, 2);
  await rest();

  assert.deepEqual(kit.published, [1, 2]);
  assert.deepEqual(kit.settled, ["ack"]);
  assert.deepEqual(kit.codes, ["settle-refused"]);
  await source.drain();
  await done;
});
