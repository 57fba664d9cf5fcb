import { test } from "@ruststream/conformance/runner";
import {
  bytes,
  channel,
  type RustStream,
  subscriber,
  type,
} from "@ruststream/core";
import {
  type Delivery,
  headers,
  parseAddress,
  type Schema,
  type SchemaResult,
} from "@ruststream/core/contract";
import { faulty } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { listen, quietApp, run, SharedBroker, TestWorld } from "./_kit_test.ts";

type Order = { readonly id: number };

/** A schema that takes numbers above 0 by their `id`. */
const positive: Schema<Order, Order> = {
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (value: unknown): SchemaResult<Order> => {
      const { id } = (value ?? {}) as { readonly id?: unknown };
      return typeof id === "number" && id > 0
        ? { value: { id } }
        : { issues: [{ message: "expected a number above 0", path: ["id"] }] };
    },
  },
};

const prices = channel<{ cents: number }>("prices");
const orders = channel("orders.{tenant}", { payload: positive });
const quotes = channel("quotes", {
  payload: type<{ sku: string }>(),
  reply: prices,
});

/** An application whose subscribers would tell if they were started. */
function shop(broker = new SharedBroker(), started: number[] = []): RustStream {
  return quietApp().withBroker(
    broker,
    (b) =>
      b.include(subscriber(orders, {
        group: "shop",
        deadLetter: bytes("dead"),
      }, ({ id }) => void started.push(id)))
        .include(
          subscriber(
            quotes,
            { group: "shop", concurrency: 2, retry: { maxAttempts: 1 } },
            async ({ sku }, { clock }) => {
              if (sku === "slow") await clock.sleep(20);
              return { cents: sku.length };
            },
          ),
        ),
  );
}

const decoder = new TextDecoder();

function textOf({ message }: Delivery): string {
  return decoder.decode(message.body);
}

test("publish checks by the channel, publishes as it was written, shows the receipt, and starts no subscriber", async () => {
  const broker = new SharedBroker();
  const started: number[] = [];
  await using connection = await broker.connect();
  const next = await listen(connection, "orders.acme");
  const world = new TestWorld([
    "publish",
    "orders.acme",
    '{ "id": 7, "big": 12345678901234567890 }',
    "--header",
    "trace=a=b",
    "--header=trace=c",
    "--key",
    "k",
  ]);

  const code = await run(world, shop(broker, started));

  const delivery = await next();
  assert.equal(textOf(delivery), '{ "id": 7, "big": 12345678901234567890 }');
  const messageId = delivery.message.headers?.get("message-id");
  assert.match(messageId ?? "", /^[\da-z]{28}-0$/);
  assert.deepEqual(
    [...delivery.message.headers ?? []],
    [["trace", "a=b"], ["trace", "c"], ["message-id", messageId]],
  );
  assert.equal(delivery.message.key, "k");
  assert.deepEqual(
    JSON.parse(world.stdout),
    { address: "orders.acme", messageId, confirms: "stored" },
  );
  assert.equal(world.stderr, "");
  assert.equal(code, 0);
  assert.deepEqual(started, []);
});

test("publish shows a receipt that JSON has no word for", async () => {
  const counting = faulty(new SharedBroker(), {
    breaks: "Nothing: it answers with a count.",
    publisher: () => ({ publish: () => ({ value: 12345678901234567890n }) }),
  });
  const world = new TestWorld("publish a 1");

  const code = await run(world, quietApp().withBroker(counting));

  const { receipt } = JSON.parse(world.stdout);
  assert.deepEqual(receipt, { value: "12345678901234567890" });
  assert.equal(code, 0);
});

test("publish sends nothing that the schema of the channel refuses, and exits with 1", async () => {
  const broker = new SharedBroker({ retain: { messages: 10 } });
  const world = new TestWorld(["publish", "orders.acme", '{"id":-1}']);

  const code = await run(world, shop(broker));

  assert.equal(
    world.stderr,
    'Cannot publish to "orders.acme": the payload schema refuses, id: expected a number above 0\n',
  );
  assert.equal(world.stdout, "");
  assert.equal(code, 1);
  await using connection = await broker.connect();
  const kept = await connection.kept(parseAddress("{all+}"));
  assert.equal(await kept.count(), 0);
});

test("publish takes bytes and text as they are, and says where nothing is declared", async () => {
  const broker = new SharedBroker();
  await using connection = await broker.connect();
  const dead = await listen(connection, "dead");
  const other = await listen(connection, "ordrs.acme");
  const raw = new TestWorld(["publish", "dead", "no { json"]);
  const unknown = new TestWorld(["publish", "ordrs.acme", "[1]"]);

  assert.equal(await run(raw, shop(broker)), 0);
  assert.equal(await run(unknown, shop(broker)), 0);

  assert.equal(textOf(await dead()), "no { json");
  assert.equal(textOf(await other()), "[1]");
  assert.equal(
    unknown.stderr,
    'No channel is declared for "ordrs.acme" on "memory", so nothing is checked; the nearest is "orders.{tenant}"\n',
  );
});

test("publish - sends each line in order, names a bad one by its number, and exits with 1", async () => {
  const broker = new SharedBroker();
  await using connection = await broker.connect();
  const next = await listen(connection, "orders.acme");
  const world = new TestWorld("publish orders.acme -").file(
    "-",
    '{"id":1}\nno\n\n{"id":0}\n{"id":2}',
  );

  const code = await run(world, shop(broker));

  assert.equal(textOf(await next()), '{"id":1}');
  assert.equal(textOf(await next()), '{"id":2}');
  assert.deepEqual(JSON.parse(world.stdout), {
    address: "orders.acme",
    confirms: "stored",
    read: 4,
    notJson: 1,
    published: 2,
    failed: 1,
  });
  assert.equal(
    world.stderr,
    `Cannot publish line 2 of "-": it is not JSON
Cannot publish line 4 of "-": Cannot publish to "orders.acme": the payload schema refuses, id: expected a number above 0
`,
  );
  assert.equal(code, 1);
});

test("publish --stored asks the broker to keep it, and fails where it does not", async () => {
  const args = ["publish", "orders.acme", '{"id":1}', "--stored"];
  const keeping = new SharedBroker({ retain: { messages: 1 } });
  const kept = new TestWorld(args);
  const lost = new TestWorld(args);

  assert.equal(await run(kept, shop(keeping)), 0);
  assert.equal(await run(lost, shop()), 1);

  assert.match(
    lost.stderr,
    /^Cannot keep a message of "orders\.acme": .*retain/,
  );
  await using connection = await keeping.connect();
  const found = await connection.kept(parseAddress("orders.acme"));
  assert.equal(await found.count(), 1);
});

test("request shows the reply, as its channel has it", async () => {
  const broker = new SharedBroker();
  await using running = await shop(broker).start();
  const one = new TestWorld(["request", "quotes", '{"sku":"abc"}']);
  const lines = new TestWorld("request quotes -").file(
    "-",
    '{"sku":"slow"}\n{"sku":"ab"}\n',
  );

  assert.equal(await run(one, shop(broker)), 0);
  assert.equal(await run(lines, shop(broker)), 0);

  assert.equal(one.stdout, '{"cents":3}\n');
  assert.match(one.stderr, /^Asks "quotes", message-id [\da-z]{28}-0\n$/);
  assert.equal(lines.stdout, '{"cents":4}\n{"cents":2}\n');
  assert.equal((await running.stop()).lost, 0);
});

test("request exits with 1 where whoever was asked failed, nobody listens, or no reply comes in time", async () => {
  const broker = new SharedBroker();
  const args = ["request", "quotes", "{}"];
  const nobody = new TestWorld(args);
  assert.equal(await run(nobody, shop(broker)), 1);
  await using connection = await broker.connect();
  const silent = await connection.subscribe(parseAddress("silence"));
  const late = new TestWorld([
    "request",
    "silence",
    "1",
    "--timeout-ms",
    "5",
  ]);
  assert.equal(await run(late, shop(broker)), 1);
  await silent[Symbol.asyncDispose]();
  await using running = await shop(broker).start();
  const failed = new TestWorld(args);

  assert.equal(await run(failed, shop(broker)), 1);

  assert.match(nobody.stderr, /\nCannot request "quotes": nobody/);
  assert.match(
    late.stderr,
    /\nCannot request "silence": no reply came in time/,
  );
  assert.match(
    failed.stderr,
    /\nCannot request "quotes": whoever was asked failed with "/,
  );
  assert.equal(failed.stdout, "");
  assert.equal((await running.stop()).lost, 0);
});

test("request shows a reply that no channel tells of as JSON, or as text", async () => {
  const broker = new SharedBroker();
  await using connection = await broker.connect();
  const next = await listen(connection, "any");
  const answer = async (body: string): Promise<void> => {
    const { replyTo = "" } = await next();
    await connection.publisher.publish({
      address: replyTo,
      body: new TextEncoder().encode(body),
      headers: headers({ from: "test" }),
    });
  };
  const worlds = ['{ "a": 1 }', "hello"].map((body) =>
    [body, new TestWorld("request any 1")] as const
  );

  for (const [body, world] of worlds) {
    const code = run(world, shop(broker));
    await answer(body);
    assert.equal(await code, 0);
  }

  assert.deepEqual(
    worlds.map(([, { stdout }]) => stdout),
    ['{"a":1}\n', "hello\n"],
  );
});

for (
  const [args, line] of [
    [["publish"], "Cannot publish: expected ADDRESS [JSON|-], found 0 words"],
    [
      ["publish", "orders.{tenant}", "{}"],
      'Cannot publish "orders.{tenant}": it has parameters, expected one full address',
    ],
    [
      ["publish", "a..b", "{}"],
      'Cannot publish "a..b": Cannot use address "a..b": it has an empty token',
    ],
    [
      ["publish", "orders.acme"],
      'Cannot publish "orders.acme": a payload is missing, expected JSON, or "-" for lines of standard input',
    ],
    [
      ["publish", "orders.acme", "{id:1}"],
      'Cannot publish "orders.acme": its payload is not JSON, found {id:1}',
    ],
    [
      ["publish", "orders.acme", "-50"],
      'Cannot take "-5": "publish" has no such option; write "--" before a word that begins so',
    ],
    [
      ["publish", "orders.acme", "{}", "--header", "trace"],
      'Cannot take "--header trace": expected NAME=VALUE',
    ],
    [
      ["publish", "orders.acme", "{}", "--header", "ruststream-key=1"],
      'Cannot publish "orders.acme" with header "ruststream-key": names that start with "ruststream-" are reserved',
    ],
    [
      ["request", "quotes", "{}", "--broker", "memry"],
      'Cannot use broker "memry": "shop" has only memory; the nearest is "memory"',
    ],
    [
      ["request", "quotes", "{}", "--timeout-ms", "0"],
      'Cannot take "--timeout-ms 0": expected a whole number of at least 1',
    ],
    [
      ["pubish", "quotes"],
      'Cannot run "pubish": no such command; the nearest is "publish"',
    ],
  ] as const
) {
  test(`main() refuses "${args.join(" ")}" in one line, and exits with 2`, async () => {
    const world = new TestWorld(args);

    const code = await run(world, shop());

    assert.equal(world.stderr, `${line}\n`);
    assert.equal(world.stdout, "");
    assert.equal(code, 2);
  });
}

test("publish chooses the broker that the address is declared on, and asks where several are", async () => {
  const app = (): RustStream =>
    quietApp()
      .withBroker(new SharedBroker({ name: "one" }), (b) =>
        b.include(subscriber(orders, { group: "shop" }, () => {})))
      .withBroker(new SharedBroker({ name: "two" }));
  const declared = new TestWorld(["publish", "orders.acme", '{"id":1}']);
  const unclear = new TestWorld(["publish", "other", '{"id":1}']);

  assert.equal(await run(declared, app()), 0);
  assert.equal(await run(unclear, app()), 2);

  assert.equal(
    unclear.stderr,
    'Cannot choose a broker for "other": say --broker one or --broker two\n',
  );
});
