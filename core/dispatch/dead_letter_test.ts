import {
  bytes,
  channel,
  reject,
  type Settings,
  subscriber,
  type,
} from "@ruststream/core";
import { MessagingError } from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { fieldsOf, Kit, type Order, textOf } from "./_kit_test.ts";

const orders = channel<Order>("orders");
const dead = bytes("dead");
const backoff = { initialMs: 100, maxMs: 1_000, jitter: false };
const capped = { maxAttempts: 1, backoff };

/** Starts a handler that always fails; the number of its runs is at 0. */
async function failing(
  kit: Kit,
  settings: Settings = {},
  error: unknown = new Error("no"),
): Promise<number[]> {
  const runs = [0];
  await kit.start(
    subscriber(
      orders,
      { deadLetter: dead, retry: capped, ...settings } as object,
      () => {
        runs[0] = (runs[0] ?? 0) + 1;
        throw error;
      },
    ),
  );
  return runs;
}

test("a dead letter is published and confirmed before its source is acked", async () => {
  await using kit = new Kit();
  const confirmed = Promise.withResolvers<void>();
  kit.onPublish = () => confirmed.promise;
  await failing(kit);

  kit.push({ id: 1 });
  await kit.turns();
  const before = [kit.published.length, kit.settled.length];
  confirmed.resolve();
  await kit.turns();

  assert.deepEqual(before, [1, 0]);
  assert.deepEqual(kit.settled, ["1 ack"]);
  assert.deepEqual(kit.codes, []);
});

test("a dead letter carries body, headers and key as they came, and why", async () => {
  await using kit = new Kit({}, { startMs: Date.UTC(2026, 0, 2) });
  await failing(
    kit,
    { retry: { ...capped, maxAttempts: 3 } },
    new TypeError("no\r\nsuch\tthing\0"),
  );

  kit.push({ id: 1 }, {
    attempt: 3,
    key: "k",
    headers: {
      "X-Trace": "7",
      tag: ["a", "b"],
      "Ruststream-Dead-Letter-Reason": "old",
      "ruststream-deadline": "1",
    },
  });
  await kit.turns();

  const [message] = kit.published;
  assert.equal(message?.address, "dead");
  assert.equal(message?.key, "k");
  assert.equal(textOf(message), '{"id":1}');
  assert.deepEqual(message?.headers?.getAll("tag"), ["a", "b"]);
  assert.deepEqual(fieldsOf(message), {
    "X-Trace": "7",
    tag: "b",
    "ruststream-dead-letter-address": "orders",
    "ruststream-dead-letter-reason": "exhausted",
    "ruststream-dead-letter-attempts": "3",
    "ruststream-dead-letter-error": "TypeError: no such thing ",
    "ruststream-dead-letter-subscriber": "orders",
    "ruststream-dead-letter-at": "2026-01-02T00:00:00.000Z",
  });
});

test("a dead letter has the id by which its source is known when it comes again", async () => {
  await using kit = new Kit();
  await failing(kit);

  kit.push({ id: 1 }, {
    dedupeId: "s:7",
    headers: { "ruststream-dead-letter-id": "old" },
  });
  kit.push({ id: 2 }, { headers: { "ruststream-dead-letter-id": "old" } });
  await kit.turns();

  const ids = kit.published.map((message) =>
    message.headers?.getAll("ruststream-dead-letter-id")
  );
  assert.deepEqual(ids, [["s:7"], []]);
});

test("a dead letter says how often its source ran here", async () => {
  await using kit = new Kit({ delayedRetry: false });
  await failing(kit, { retry: { ...capped, maxAttempts: 4 } });

  kit.push({ id: 1 });
  await kit.clock.advance(10_000);

  const [message] = kit.published;
  assert.equal(fieldsOf(message)["ruststream-dead-letter-attempts"], "4");
});

test("a dead letter of what does not decode has the body as it came", async () => {
  await using kit = new Kit();
  await failing(kit);
  const body = new Uint8Array([0, 255, 1]);

  kit.push(undefined, { body });
  await kit.turns();

  const [message] = kit.published;
  assert.deepEqual(message?.body, body);
  assert.equal(fieldsOf(message)["ruststream-dead-letter-reason"], "codec");
});

test("a long error is cut, whatever it is made of", async () => {
  await using kit = new Kit();
  await failing(kit, {}, `x${"😀".repeat(2_000)}`);

  kit.push({ id: 1 });
  await kit.turns();

  const text = fieldsOf(kit.published[0])["ruststream-dead-letter-error"] ?? "";
  assert.equal(text.length, 1_000);
  assert.ok(text.isWellFormed());
});

test("a dead letter that cannot be published is tried again with the backoff, and the handler is not run again", async () => {
  await using kit = new Kit();
  const tries: number[] = [];
  kit.onPublish = () => {
    tries.push(kit.clock.now());
    if (tries.length < 4) throw new MessagingError("connection", "no");
  };
  const runs = await failing(kit);

  kit.push({ id: 1 });
  await kit.clock.advance(10_000);

  assert.deepEqual(tries, [0, 100, 300, 700]);
  assert.deepEqual(runs, [1]);
  assert.deepEqual(kit.settledAt, ["700: 1 ack"]);
  assert.deepEqual(kit.codes, Array(3).fill("dead-letter-failed"));
  assert.ok(kit.notices.every(({ level }) => level === "error"));
});

test("after three failures intake pauses until a dead letter is published", async () => {
  await using kit = new Kit();
  let works = false;
  kit.onPublish = () =>
    works ? undefined : Promise.reject(new MessagingError("connection", "no"));
  const seen: number[] = [];
  await kit.start(
    subscriber(
      orders,
      { deadLetter: dead, retry: capped },
      ({ id }) => id === 1 ? reject("bad") : void seen.push(id),
    ),
  );

  kit.push({ id: 1 });
  await kit.clock.advance(299);
  kit.push({ id: 2 });
  await kit.turns();
  const afterTwo = [...seen];
  await kit.clock.advance(1);
  kit.push({ id: 3 });
  await kit.clock.advance(5_000);
  const afterThree = [...seen];
  works = true;
  await kit.clock.advance(5_000);

  assert.deepEqual([afterTwo, afterThree, seen], [[2], [2], [2, 3]]);
  assert.deepEqual(kit.settled, ["2 ack", "1 ack", "3 ack"]);
});

test("a stop gives back a delivery whose dead letter cannot be published", async () => {
  await using kit = new Kit();
  kit.onPublish = () => Promise.reject(new MessagingError("connection", "no"));
  await failing(kit);
  kit.push({ id: 1 });
  kit.push({ id: 2 });
  await kit.clock.advance(5_000);

  const [report, took] = await kit.stop();

  assert.deepEqual(kit.settled, ["1 release", "2 release"]);
  assert.deepEqual(report, { settled: 0, returned: 2, lost: 0 });
  assert.equal(took, 0);
});

test("a stop waits for a publish that does not end no longer than drainMs, and gives its delivery back", async () => {
  await using kit = new Kit();
  kit.onPublish = () => new Promise(() => {});
  await failing(kit);
  kit.push({ id: 1 });
  await kit.turns();

  const [report, took] = await kit.stop({ drainMs: 2_000 });

  assert.deepEqual(kit.settled, ["1 release"]);
  assert.deepEqual(report, { settled: 0, returned: 1, lost: 0 });
  assert.equal(took, 2_000);
});

test("start() refuses a dead letter publisher that does not confirm stored", async () => {
  await using kit = new Kit();
  kit.confirms = "received";

  await assert.rejects(failing(kit), {
    code: "unsupported",
    message: /confirmed as "received" only/,
  });
});

test("start() takes such a publisher where unconfirmed is said", async () => {
  await using kit = new Kit();
  kit.confirms = "sent";
  await failing(kit, { deadLetter: { channel: dead, unconfirmed: true } });

  kit.push({ id: 1 });
  await kit.turns();

  assert.deepEqual(kit.settled, ["1 ack"]);
});

test("start() warns of a dead letter channel that is not of bytes", async () => {
  await using kit = new Kit();

  await failing(kit, { deadLetter: channel<Order>("dead") });

  assert.deepEqual(kit.codes, ["dead-letter-codec"]);
});

const tenants = channel("orders.{tenant}.{rest+}", { payload: type<Order>() });

test("a dead letter's parameters are filled from its source's", async () => {
  await using kit = new Kit();
  await kit.start(
    subscriber(
      tenants,
      { deadLetter: bytes("dead.{rest+}") },
      () => reject("no"),
    ),
  );

  kit.push({ id: 1 }, { address: "orders.acme.a.b" });
  await kit.turns();

  assert.equal(kit.published[0]?.address, "dead.a.b");
});

for (const template of ["dead.{customer}", "dead.{rest}"]) {
  test(`start() refuses a dead letter to "${template}" that the source cannot fill`, async () => {
    await using kit = new Kit();
    const handle = subscriber(
      tenants,
      { deadLetter: bytes(template) },
      () => {},
    );

    await assert.rejects(kit.start(handle), {
      name: "TypeError",
      message: /cannot be filled/,
    });
  });
}

test("work for after a rejection runs when its dead letter is settled", async () => {
  await using kit = new Kit();
  const ran: string[] = [];
  kit.onPublish = () => void ran.push("published");
  kit.onSettle = () => void ran.push("settled");
  await kit.start(
    subscriber(
      orders,
      { deadLetter: dead },
      () => reject("no").andAfter(() => void ran.push("after")),
    ),
  );

  kit.push({ id: 1 });
  await kit.turns();

  assert.deepEqual(ran, ["published", "settled", "after"]);
});

test("under a key, what waits behind a dead letter waits until it is published", async () => {
  await using kit = new Kit();
  let works = false;
  kit.onPublish = () => {
    if (!works) throw new MessagingError("connection", "no");
  };
  const seen: string[] = [];
  await kit.start(
    subscriber(
      orders,
      {
        deadLetter: dead,
        orderBy: ({ key = "" }) => key,
        retry: capped,
      },
      ({ id, key }) => id === 1 ? reject("bad") : void seen.push(`${key}${id}`),
    ),
  );

  kit.push({ id: 1, key: "a" });
  kit.push({ id: 2, key: "a" });
  kit.push({ id: 3, key: "b" });
  await kit.turns();
  const meanwhile = [...seen];
  works = true;
  await kit.clock.advance(100);

  assert.deepEqual(meanwhile, ["b3"]);
  assert.deepEqual(seen, ["b3", "a2"]);
});
