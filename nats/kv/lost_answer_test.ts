import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import {
  type KeyValue,
  keyValue,
  natsBroker,
  type NatsConnection,
} from "@ruststream/nats";
import { sessionOf } from "../session_of.ts";
import { codeOf, type Count, cut, flushed, stock } from "./_kit_test.ts";

interface Two {
  readonly connection: NatsConnection;
  readonly shelf: KeyValue<Count, Count>;
  readonly other: KeyValue<Count, Count>;
}

/** Runs with two connections to a server; the next write of the first is stored, and its answer lost. */
async function losing(
  serverVersion: string,
  run: (two: Two) => Promise<void>,
  meanwhile: (two: Two) => void = () => {},
): Promise<void> {
  const backoff = { initialMs: 10, maxMs: 50 };
  const broker = await natsBroker({ backoff }).inProcess({ serverVersion });
  await using connection = await broker.connect();
  await using witness = await broker.connect();
  const two = {
    connection,
    shelf: await keyValue(connection, stock),
    other: await keyValue(witness, stock),
  };
  await two.other.put("a", { count: 1 });
  let lost = 0;
  // Told before the writer is.
  sessionOf(witness).subscribe("$KV.stock.>", () => {
    if (lost++ > 0) return;
    cut(connection);
    meanwhile(two);
  });
  await flushed(witness);
  await run(two);
  assert.ok(lost > 0);
}

for (const version of ["2.15.1", "2.9.10"]) {
  test(`a write whose answer was lost is stored once, and told as what it is: ${version}`, async () => {
    const ways: ((shelf: Two["shelf"]) => Promise<number>)[] = [
      (shelf) => shelf.put("a", { count: 2 }),
      (shelf) => shelf.update("a", { count: 2 }, { revision: 1 }),
      (shelf) => shelf.create("b", { count: 2 }),
      (shelf) => shelf.delete("a", { revision: 1 }),
    ];
    await Promise.all(ways.map((way) =>
      losing(version, async ({ shelf }) => {
        assert.equal(await way(shelf), 2);
        assert.equal((await shelf.status()).revision, 2);
      })
    ));
  });
}

test("where somebody wrote meanwhile nobody knows, and that is what is told", async () => {
  await losing("2.15.1", async ({ shelf, other }) => {
    const update = shelf.update("a", { count: 2 }, { revision: 1 });

    assert.equal(await codeOf(update), "timeout");
    assert.deepEqual(await other.value("a"), { count: 3 });
  }, ({ other }) => void other.put("a", { count: 3 }));
});
