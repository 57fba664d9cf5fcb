import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "@ruststream/conformance/runner";
import { type } from "@ruststream/core";
import { Kvm } from "@nats-io/kv";
import {
  bucket,
  type KeyValue,
  keyValue,
  type NatsBroker,
  natsBroker,
  type NatsConnection,
  type WatchedEntry,
} from "@ruststream/nats";
import { type NatsGeneration, NatsServer } from "../../_tools/nats_server.ts";
import { api, codeOf, type Count, inShort, stock, take } from "./_kit_test.ts";

const payload = type<Count>();

async function connect({ url }: NatsServer): Promise<NatsConnection> {
  const backoff = { initialMs: 10, maxMs: 100 };
  return await natsBroker({ servers: url, backoff }).connect();
}

/** What the server keeps of a bucket's stream, but for what its name makes of it. */
async function configOf(
  connection: NatsConnection,
  name: string,
): Promise<object> {
  const { config } = await api(connection, `STREAM.INFO.KV_${name}`);
  const { name: _n, subjects: _s, metadata: _m, ...rest } = config as Record<
    string,
    unknown
  >;
  return rest;
}

async function withTheirs(generation: NatsGeneration): Promise<void> {
  await using server = await NatsServer.start({ generation });
  await using connection = await connect(server);
  const kvm = new Kvm(connection.nats as never);
  const theirs = await kvm.create("both", {
    history: 3,
    ttl: 60_000,
    max_bytes: 1_000_000,
    maxValueSize: 1_000,
  });
  const same = { payload, history: 3, ttlMs: 60_000, maxBytes: 1_000_000 };
  const ours = await keyValue(
    connection,
    bucket("both", { ...same, maxValueBytes: 1_000 }),
  );
  await keyValue(connection, bucket("own", { ...same, maxValueBytes: 1_000 }));
  const watched = await ours.watch();

  await ours.put("a.b", { count: 1 });
  const read = await theirs.get("a.b");
  await theirs.put("a.b", JSON.stringify({ count: 2 }));
  const revision = await theirs.create("c", JSON.stringify({ count: 3 }));
  await ours.update("c", { count: 4 }, { revision });
  await ours.delete("a.b");
  const deleted = await theirs.get("a.b");
  await theirs.create("a.b", JSON.stringify({ count: 5 }));
  await theirs.purge("c");
  await ours.create("c", { count: 6 });
  const history = await Array.fromAsync(await theirs.history({ key: ">" }));

  assert.deepEqual(read?.json(), { count: 1 });
  assert.equal(deleted?.operation, "DEL");
  assert.deepEqual((await theirs.get("c"))?.json(), { count: 6 });
  assert.deepEqual(await Array.fromAsync(await theirs.keys()), ["a.b", "c"]);
  assert.deepEqual(await Array.fromAsync(ours.keys()), ["a.b", "c"]);
  const kept = [
    "a.b put 2",
    "a.b delete",
    "a.b put 5",
    "c purge",
    "c put 6",
  ];
  assert.deepEqual(
    history.map(({ key, operation }) => `${key} ${operation}`),
    ["a.b PUT", "a.b DEL", "a.b PUT", "c PURGE", "c PUT"],
  );
  assert.deepEqual(inShort(await Array.fromAsync(ours.history(">"))), kept);
  assert.equal(inShort(await take(watched, 6)).at(-1), "c put 6");
  await watched.cancel();
  const [own, both] = await Promise.all([
    configOf(connection, "own"),
    configOf(connection, "both"),
  ]);
  // All clients but this one deny that; it does no harm to a bucket of theirs.
  assert.deepEqual({ ...own, deny_delete: false }, both);
}

for (const generation of ["newest", "2.9"] as const) {
  test(`what is written here is read by @nats-io/kv, and the other way round: ${generation}`, () =>
    withTheirs(generation));
}

/** Creates a key, however long the server is away. */
async function surelyCreate(
  shelf: KeyValue<Count, Count>,
  count: number,
): Promise<void> {
  for (;;) {
    const code = await codeOf(shelf.create(`k${count}`, { count }));
    if (code === "resolved" || code === "conflict") return;
    assert.match(code, /^(connection|timeout|no-responder|overloaded)$/);
  }
}

test(
  "a watch has no gap and nothing twice over a server that is killed and started again",
  async () => {
    await using server = await NatsServer.start();
    await using connection = await connect(server);
    const shelf = await keyValue(connection, stock);
    const changes = await shelf.watch();
    const count = 300;
    const writing = (async () => {
      for (let i = 0; i < count; i++) await surelyCreate(shelf, i);
    })();

    const seen: WatchedEntry<Count>[] = [];
    let restarting: Promise<void> | undefined;
    for await (const change of changes) {
      seen.push(change);
      if (seen.length === 100) restarting = server.restart("SIGKILL");
      if (seen.length > count) break;
    }
    await Promise.all([writing, restarting]);

    const told = inShort(seen).filter((one) => one !== "caught-up");
    const wanted = Array.from({ length: count }, (_, i) => `k${i} put ${i}`);
    assert.deepEqual(told, wanted);
  },
  { timeoutMs: 60_000 },
);

test("a value may have a time to live of its own, and its end is told", async () => {
  await using server = await NatsServer.start();
  await using connection = await connect(server);
  const shelf = await keyValue(
    connection,
    bucket("short", { payload, markerTtlMs: 60_000 }),
  );
  const changes = await shelf.watch();

  await shelf.create("a", { count: 1 }, { ttlMs: 1_000 });
  const told: WatchedEntry<Count>[] = [];
  while (inShort(told).at(-1) !== "a purge") {
    told.push(...await take(changes, 1));
  }

  assert.equal(await shelf.value("a"), undefined);
  assert.equal(await codeOf(shelf.create("a", { count: 3 })), "resolved");
  await changes.cancel();
});

test("what the oldest server does not know is refused by its name", async () => {
  await using server = await NatsServer.start({ generation: "2.9" });
  await using connection = await connect(server);
  const open = (options: object) =>
    keyValue(connection, bucket("new", { payload, ...options }));
  const shelf = await keyValue(connection, stock);

  await assert.rejects(
    open({ markerTtlMs: 60_000 }),
    /"markerTtlMs" needs a server of 2\.11/,
  );
  await assert.rejects(
    open({ compression: "s2" }),
    /"compression" needs a server of 2\.10/,
  );
  await assert.rejects(shelf.watch(["a", "b"]), /need a server of 2\.10/);
  await assert.rejects(
    shelf.create("a", { count: 1 }, { ttlMs: 1_000 }),
    /"ttlMs" needs a server of 2\.11/,
  );
});

test("a purge leaves out nothing of other keys, also where the server moves its consumers over them", async () => {
  await using server = await NatsServer.start({ generation: "2.9" });
  await using connection = await connect(server);
  const shelf = await keyValue(connection, stock);
  const changes = await shelf.watch();
  await take(changes, 1);

  for (const key of ["a", "b", "c"]) await shelf.put(key, { count: 1 });
  await shelf.purge("a");

  assert.deepEqual(inShort(await take(changes, 3)), [
    "b put 1",
    "c put 1",
    "a purge",
  ]);
  await changes.cancel();
});

/** Writes and reads by way of a domain. */
async function inDomain(broker: NatsBroker): Promise<void> {
  await using connection = await broker.connect();
  const shelf = await keyValue(connection, stock);
  const revision = await shelf.put("a", { count: 1 });
  await shelf.update("a", { count: 2 }, { revision });
  await shelf.create("b", { count: 3 });
  await shelf.delete("b");
  const changes = await shelf.watch();

  assert.deepEqual(await shelf.value("a"), { count: 2 });
  assert.deepEqual(await Array.fromAsync(shelf.keys()), ["a"]);
  assert.deepEqual(inShort(await take(changes, 3)), [
    "a put 2",
    "b delete",
    "caught-up",
  ]);
  await changes.cancel();
}

test("a bucket of another domain is written to and read by its prefix, live and in process", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nats-store-"));
  const config = `jetstream { domain: hub, store_dir: "${folder}" }`;
  const jetStream = { domain: "hub" };
  try {
    await using server = await NatsServer.start({ jetStream: false, config });
    await inDomain(natsBroker({ servers: server.url, jetStream }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await inDomain(await natsBroker({ jetStream }).inProcess());
});

test("a bucket is copied by a mirror, which is written to where it comes from", async () => {
  await using server = await NatsServer.start();
  await using connection = await connect(server);
  const shelf = await keyValue(connection, stock);
  await shelf.put("a", { count: 1 });
  const copy = await keyValue(
    connection,
    bucket("copy", { payload, mirror: { name: "stock" } }),
  );
  const all = await keyValue(
    connection,
    bucket("all", { payload, sources: [{ name: "stock" }] }),
  );
  const changes = await copy.watch();
  const flown = await all.watch();

  await copy.put("b", { count: 2 });
  const seen = [...await take(changes, 3)];
  const came = [...await take(flown, 3)];

  const puts = (entries: typeof seen) =>
    inShort(entries).filter((one) => one !== "caught-up");
  assert.deepEqual(await shelf.value("b"), { count: 2 });
  assert.deepEqual(puts(seen), ["a put 1", "b put 2"]);
  assert.deepEqual(puts(came), ["a put 1", "b put 2"]);
  assert.deepEqual(await copy.value("a"), { count: 1 });
  assert.deepEqual(await all.value("b"), { count: 2 });
  await changes.cancel();
  await flown.cancel();
});
