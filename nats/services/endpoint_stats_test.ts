import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import {
  bytes,
  channel,
  publisher,
  reject,
  reply,
  retry,
  RustStream,
  subscriber,
  type,
} from "@ruststream/core";
import type { BrokerEvent } from "@ruststream/core/contract";
import { coreSink } from "../subject.ts";
import { fieldsOf, Inside, message, soon } from "./_kit_test.ts";
import { service } from "./service.ts";
import { ServiceError } from "./service_error.ts";
import type { EndpointOptions } from "./service_types.ts";

const total = channel<number>("total");
const sums = channel("math.sums", { payload: type<number[]>(), reply: total });
const math = service({ name: "math", version: "1.4.0" });

type Handler = Parameters<typeof subscriber<typeof sums>>[2];

/** Starts a service whose one endpoint is this handler. */
async function serve(
  inside: Inside,
  handle: Handler,
  settings: object = {},
  options: EndpointOptions = {},
): Promise<{ stop(): Promise<void> }> {
  return await inside.run(
    new RustStream({ title: "math", version: "1.0.0" })
      .withBroker(
        inside.broker,
        (b) =>
          b.include(subscriber(sums, settings as object, handle), {
            source: (of) => math.endpoint(of, options),
          }),
      ),
  );
}

/** What whoever asks by hand gets, as fields and a body. */
async function answerTo(inside: Inside, body: string): Promise<unknown> {
  const { publisher: raw } = inside.asker;
  const answer = await raw.request(message("math.sums", body), soon);
  return [fieldsOf(answer.headers), new TextDecoder().decode(answer.body)];
}

test("ServiceError reaches whoever asked, in the words of NATS and in ours", async () => {
  await using inside = await Inside.start();
  await serve(inside, () => {
    throw new ServiceError(404, "no\nsuch sum");
  });

  assert.deepEqual(await answerTo(inside, "[]"), [{
    "ruststream-error": "404",
    "ruststream-error-message": "no such sum",
    "Nats-Service-Error-Code": "404",
    "Nats-Service-Error": "no such sum",
  }, ""]);
  const asked = publisher(inside.asker).request(sums, [], soon);
  await assert.rejects(asked, {
    code: "remote",
    message:
      'Cannot request "math.sums": whoever was asked failed with "404", no such sum',
    cause: { code: "404", message: "no such sum" },
  });
  const { requests, errors, lastError } = await inside.counted();
  assert.deepEqual([requests, errors, lastError], [2, 2, "404:no such sum"]);
});

for (
  const [what, handle, body, code, text] of [
    [
      "what is thrown",
      () => {
        throw new RangeError("too many");
      },
      "[]",
      "exhausted",
      "RangeError: too many",
    ],
    ["a reject", () => reject("not today"), "[]", "rejected", "not today"],
    ["a reject without a reason", () => reject(), "[]", "rejected", "rejected"],
    ["what does not decode", () => 1, "[", "codec", /^MessagingError: Cannot/],
  ] as const
) {
  test(`an endpoint answers ${what} with both kinds of headers, and 500`, async () => {
    await using inside = await Inside.start();
    await serve(inside, handle as Handler);

    const answer = await answerTo(inside, body) as [Record<string, string>];

    const [fields] = answer;
    assert.equal(fields["ruststream-error"], code);
    assert.equal(fields["Nats-Service-Error-Code"], "500");
    assert.match(
      String(fields["Nats-Service-Error"]),
      typeof text === "string" ? new RegExp(`^${text}$`) : text,
    );
    const { requests, errors, lastError } = await inside.counted();
    assert.deepEqual([requests, errors], [1, 1]);
    assert.ok(lastError.startsWith("500"), lastError);
  });
}

test("an error that goes with a dead letter, or is a reply with a body, is counted too", async () => {
  await using inside = await Inside.start();
  await serve(inside, (all) => {
    if (all.length === 0) throw new ServiceError(400, "nothing to add");
    return reply(0, {
      headers: {
        "Nats-Service-Error-Code": "422",
        "Nats-Service-Error": "no",
      },
    });
  }, { deadLetter: { channel: bytes("dead"), unconfirmed: true } });

  await answerTo(inside, "[]");
  const first = await inside.counted();
  const answer = await answerTo(inside, "[1]");
  const second = await inside.counted();

  assert.deepEqual([first.errors, first.lastError], [1, "400:nothing to add"]);
  assert.equal((answer as unknown[])[1], "0");
  assert.deepEqual([second.errors, second.lastError], [2, "422:no"]);
  assert.equal(second.requests, 2);
});

test("an endpoint measures by the clock what each request took, not what it waited", async () => {
  await using inside = await Inside.start();
  await serve(inside, async (_, { clock }) => {
    await clock.sleep(100);
    return 1;
  });
  const asked = [1, 2, 3].map(() =>
    publisher(inside.asker).request(sums, [1], soon)
  );

  await inside.clock.advance(1_000);
  assert.deepEqual(await Promise.all(asked), [1, 1, 1]);

  const { requests, errors, processingMs, averageMs } = await inside.counted();
  assert.deepEqual(
    { requests, errors, processingMs, averageMs },
    { requests: 3, errors: 0, processingMs: 300, averageMs: 100 },
  );
});

test("an endpoint measures those that run side by side apart", async () => {
  await using inside = await Inside.start();
  await serve(inside, async (_, { clock }) => {
    await clock.sleep(100);
    return 1;
  }, { concurrency: 2 });
  const asked = [1, 2, 3, 4].map(() =>
    publisher(inside.asker).request(sums, [1], soon)
  );

  await inside.clock.advance(1_000);
  await Promise.all(asked);

  const { requests, processingMs } = await inside.counted();
  assert.deepEqual([requests, processingMs], [4, 400]);
});

test("a retry in this process is one request, and no error where it passes", async () => {
  await using inside = await Inside.start();
  const backoff = { initialMs: 50, jitter: false };
  await serve(
    inside,
    (_, { attempt }) => attempt === 1 ? retry() : attempt,
    { retry: { maxAttempts: 3, backoff } },
  );
  const asked = publisher(inside.asker).request(sums, [1], soon);

  await inside.clock.advance(100);

  assert.equal(await asked, 2);
  const { requests, errors } = await inside.counted();
  assert.deepEqual([requests, errors], [1, 0]);
});

test("a message that wants no answer counts, and its failure too", async () => {
  await using inside = await Inside.start();
  await serve(inside, (all) => {
    if (all.length === 0) throw new ServiceError(400, "nothing to add");
    return 1;
  }, { retry: { maxAttempts: 1 } });
  const sink = await coreSink({ confirms: "received" }).open(inside.asker);

  await sink.publish(message("math.sums", "[]"));
  await sink.publish(message("math.sums", "[1]"));
  await inside.clock.advance(1);

  const { requests, errors, lastError } = await inside.counted();
  assert.deepEqual([requests, errors, lastError], [2, 1, "400:nothing to add"]);
});

test("a request in hand when its service leaves is answered, with its error", async () => {
  await using inside = await Inside.start();
  const running = await serve(inside, async (_, { clock }) => {
    await clock.sleep(500);
    throw new ServiceError(503, "on my way out");
  });
  const asked = answerTo(inside, "[]");
  await inside.clock.advance(100);

  const stopped = running.stop();
  await inside.clock.advance(1);
  const found = await inside.info();
  await inside.clock.advance(1_000);

  assert.deepEqual(found, []);
  const [fields] = await asked as [Record<string, string>];
  assert.equal(fields["Nats-Service-Error-Code"], "503");
  await stopped;
});

test("on() gives the instance, whose reset counts from nothing on", async () => {
  await using inside = await Inside.start();
  const connection = await inside.connect();
  const before = math.on(connection);
  const opened = await math.endpoint(sums).open(connection);
  const reader = opened.deliveries.getReader();
  await inside.asker.publisher.publish(message("math.sums"));
  const { value } = await reader.read();
  await inside.clock.advance(70);
  await value?.settle({ kind: "ack" });
  const instance = math.on(connection);
  const first = instance?.stats();

  instance?.reset();

  assert.equal(before, undefined);
  assert.equal(first?.endpoints[0]?.processingMs, 70);
  const [found] = await inside.stats();
  assert.equal(found?.id, instance?.id);
  assert.equal(found?.started.getTime(), 70);
  assert.equal(found?.endpoints[0]?.requests, 0);
});

test("counting goes on where an endpoint is opened again", async () => {
  await using inside = await Inside.start();
  const connection = await inside.connect();
  const source = math.endpoint(sums);
  for (let round = 0; round < 2; round++) {
    const opened = await source.open(connection);
    const reader = opened.deliveries.getReader();
    await inside.asker.publisher.publish(message("math.sums"));
    const { value } = await reader.read();
    await value?.settle({ kind: "ack" });
    if (round === 0) await reader.cancel();
  }

  assert.equal((await inside.counted()).requests, 2);
});

for (const end of ["cancelled unread", "disposed unsettled"] as const) {
  test(`what was ${end} holds up nobody who comes later`, async () => {
    await using inside = await Inside.start();
    const connection = await inside.connect();
    const source = math.endpoint(sums);
    const before = await source.open(connection);
    const unsettled = before.deliveries.getReader();
    await inside.asker.publisher.publish(message("math.sums"));
    await inside.clock.advance(1);
    if (end === "cancelled unread") await unsettled.cancel();
    else {
      await unsettled.read();
      await before[Symbol.asyncDispose]();
    }
    const reader = (await source.open(connection)).deliveries.getReader();
    for (let count = 0; count < 2; count++) {
      await inside.asker.publisher.publish(message("math.sums"));
    }
    for (let count = 0; count < 2; count++) {
      const { value } = await reader.read();
      await inside.clock.advance(10);
      await value?.settle({ kind: "ack" });
    }

    const { requests, processingMs } = await inside.counted();
    assert.deepEqual([requests, processingMs], [2, 20]);
  });
}

test("what was never read does not count, and keeps nobody waiting", async () => {
  await using inside = await Inside.start();
  const connection = await inside.connect();
  const source = math.endpoint(sums, { capacity: 16, overflow: "drop-old" });
  const opened = await source.open(connection);
  for (let count = 0; count < 40; count++) {
    await inside.asker.publisher.publish(message("math.sums", String(count)));
  }
  await inside.clock.advance(10);
  const reader = opened.deliveries.getReader();
  const { value } = await reader.read();
  await inside.clock.advance(10);
  await value?.settle({ kind: "ack" });
  const next = await reader.read();
  await inside.clock.advance(10);
  await next.value?.settle({ kind: "ack" });

  const { requests, processingMs } = await inside.counted();
  assert.deepEqual([requests, processingMs], [2, 30]);
});

test("details go with the statistics; those that throw are told and left out", async () => {
  await using inside = await Inside.start();
  const events: BrokerEvent[] = [];
  const connection = await inside.connect((event) => void events.push(event));
  let details: () => unknown = () => ({ cached: [7] });
  await math.endpoint(sums, { details: () => details() }).open(connection);

  const told = await inside.counted();
  details = () => 1n;
  const broken = await inside.counted();

  assert.deepEqual(told.details, { cached: [7] });
  assert.equal("details" in broken, false);
  assert.deepEqual(
    events.map(({ kind, detail }) => [kind, detail?.split(":")[0]]),
    [["connected", undefined], [
      "dropped",
      'The service "math" has no details of its endpoint "math-sums"',
    ]],
  );
});
