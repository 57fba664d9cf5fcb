import { test } from "@ruststream/conformance/runner";
import { systemClock } from "@ruststream/core/contract";
import { Objm } from "@nats-io/obj";
import assert from "node:assert/strict";
import type { NatsConnection } from "../nats_connection.ts";
import { natsBroker } from "../nats_broker.ts";
import { NatsServer } from "../../_tools/nats_server.ts";
import { api, bytes, counts, source } from "./_kit_test.ts";
import { objects, objectStore } from "./object_store.ts";
import { removeObjectStore } from "./object_store_names.ts";

const chunk = 131_072;
const images = objectStore("images");

function connect({ url }: NatsServer): Promise<NatsConnection> {
  return natsBroker({ servers: url, backoff: { initialMs: 10, maxMs: 100 } })
    .connect();
}

/** A stream of these bytes, in small pieces. */
function streamOf(body: Uint8Array): ReadableStream<Uint8Array> {
  const size = 50_000;
  let index = 0;
  return source(
    Math.ceil(body.length / size),
    body,
  ).stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(whole, controller) {
        const from = size * index++;
        controller.enqueue(whole.slice(from, from + size));
      },
    }),
  );
}

for (const generation of ["newest", "2.9"] as const) {
  test(
    `an object of 5 MB comes through while the server is killed: ${generation}`,
    async () => {
      await using server = await NatsServer.start({ generation });
      await using connection = await connect(server);
      const store = await objects(connection, images);
      const body = bytes(5_000_000);
      let killed: Promise<void> | undefined;
      const killing = streamOf(body).pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(piece, controller) {
            // Not waited for: what is on its way is lost.
            if (piece[0] !== body[2_000_000] || killed !== undefined) {
              return controller.enqueue(piece);
            }
            killed = server.restart();
            controller.enqueue(piece);
          },
        }),
      );

      const info = await store.put("a", killing);
      await killed;
      const reader = (await store.read("a"))?.body.getReader();
      const parts: Uint8Array<ArrayBuffer>[] = [];
      for (;;) {
        const { done = true, value } = await reader?.read() ?? {};
        if (done) break;
        parts.push(value as Uint8Array<ArrayBuffer>);
        if (parts.length === 5) await server.restart();
      }

      assert.ok(killed);
      assert.equal(info.chunks, Math.ceil(body.length / chunk));
      assert.deepEqual(await new Blob(parts).bytes(), body);
      assert.deepEqual(await counts(connection), {
        chunks: info.chunks,
        meta: 1,
      });
    },
    { timeoutMs: 60_000 },
  );

  test(
    `other clients and this one share stores: ${generation}`,
    async () => {
      await using server = await NatsServer.start({ generation });
      await using connection = await connect(server);
      const body = bytes(3 * chunk + 5);
      const theirs = new Objm(connection.nats);

      // A store of theirs, opened here.
      const of = await theirs.create("images", { ttl: 3_600_000_000_000 });
      const ours = await objects(
        connection,
        objectStore("images", { ttlMs: 3_600_000 }),
      );
      await of.put({
        name: "a b/c",
        description: "of them",
        metadata: { by: "them" },
      }, streamOf(body));
      await of.link("theirs", await of.info("a b/c") as never);
      const read = await ours.read("theirs");
      assert.equal(read?.info.name, "a b/c");
      assert.equal(read.info.description, "of them");
      assert.deepEqual(read.info.metadata, { by: "them" });
      assert.deepEqual(await read.bytes(), body);

      // Objects of ours, read there.
      await ours.put("b", streamOf(body), {
        description: "of us",
        headers: { kind: "x" },
      });
      await ours.link("ours", { name: "b" });
      const found = await of.info("b");
      assert.equal(found?.description, "of us");
      assert.equal(found.headers?.get("kind"), "x");
      assert.equal(found.size, body.length);
      assert.deepEqual(
        new Uint8Array(await of.getBlob("ours") as Uint8Array),
        body,
      );
      await of.update("b", { name: "c", description: "by them" });
      assert.equal((await ours.info("c"))?.description, "by them");
      assert.equal(await ours.info("b"), undefined);
      assert.deepEqual(await (await ours.read("c"))?.bytes(), body);
      await ours.update("c", { name: "d" });
      assert.deepEqual(
        new Uint8Array(await of.getBlob("d") as Uint8Array),
        body,
      );
      await of.delete("d");
      assert.equal(await ours.read("d"), undefined);
      await ours.put("a b/c", bytes(0));
      assert.equal((await of.getBlob("a b/c"))?.length, 0);
      await ours.delete("a b/c");
      assert.equal(await of.get("a b/c"), null);
      assert.deepEqual((await counts(connection)).chunks, 0);
      const left = await Array.fromAsync(ours.list());
      assert.deepEqual(left.map(({ name }) => name).sort(), ["ours", "theirs"]);

      // A store of ours, opened and sealed there.
      const other = await objects(connection, objectStore("other"));
      await other.put("a", bytes(5));
      const opened = await theirs.open("other");
      assert.deepEqual(
        new Uint8Array(await opened.getBlob("a") as Uint8Array),
        bytes(5),
      );
      await opened.seal();
      await assert.rejects(other.put("b", bytes(5)), { code: "refused" });
      assert.equal((await other.status()).sealed, true);
      assert.deepEqual(await (await other.read("a"))?.bytes(), bytes(5));
    },
  );
}

test("the stores of a server in process answer as those of a live one", async () => {
  await using server = await NatsServer.start();
  await using live = await connect(server);
  await using inside = await (await natsBroker().inProcess()).connect({
    clock: systemClock,
  });
  const [one, other] = await Promise.all([live, inside].map(play));

  assert.deepEqual(one, other);
});

/** What comes of everything that a store is asked. */
async function play(connection: NatsConnection): Promise<readonly unknown[]> {
  const store = await objects(connection, images);
  const told: unknown[] = [];
  const tell = async (work: Promise<unknown>): Promise<void> => {
    const [end] = await Promise.allSettled([work]);
    told.push(
      end.status === "fulfilled"
        ? JSON.parse(
          JSON.stringify(end.value ?? null, (name, value) =>
            name === "at" || name === "madeAt" ? "*" : value),
        )
        : String(end.reason),
    );
  };
  await tell(store.put("a", bytes(3 * chunk)));
  await tell(store.put("a", bytes(5)));
  await tell(store.put("b", bytes(5)));
  await tell(store.link("l", { name: "b" }));
  await tell(store.link("b", { name: "a" }));
  await tell(store.update("a", { name: "c" }));
  await tell(store.delete("b"));
  await tell(Array.fromAsync(store.list()));
  await tell(store.status());
  await tell(store.seal());
  await tell(store.seal());
  await tell(store.put("z", bytes(5)));
  await tell(store.delete("c"));
  const { config } = await api(connection, "STREAM.INFO.OBJ_images");
  const { metadata: _, ...rest } = config as Record<string, unknown>;
  told.push(rest);
  await tell(removeObjectStore(connection, "images"));
  await tell(store.read("c"));
  return told;
}
