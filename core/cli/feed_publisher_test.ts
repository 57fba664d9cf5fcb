import { test } from "@ruststream/conformance/runner";
import {
  type Connection,
  type Message,
  MessagingError,
  type Publisher,
} from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { feedPublisher } from "./feed_publisher.ts";

const message: Message = { address: "orders", body: new Uint8Array(1) };

/** A connection that notes what it is asked. */
function connectionOf(
  confirms: Publisher["confirms"],
  kept: () => Promise<unknown>,
): { readonly connection: Connection; readonly asked: string[] } {
  const asked: string[] = [];
  const connection = {
    publisher: { confirms, publish: () => void asked.push("publish") },
    kept(address: { readonly template: string }) {
      asked.push(`kept ${address.template}`);
      return kept();
    },
    keep({ address }: Message) {
      asked.push(`keep ${address}`);
      return Promise.resolve();
    },
  };
  return { connection: connection as unknown as Connection, asked };
}

async function publishes(
  connection: Connection,
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly [Publisher["confirms"], readonly string[]]> {
  const said: string[] = [];
  const publisher = await feedPublisher(connection, {
    address: "orders",
    signal,
    say: (line) => void said.push(line),
  });
  await publisher.publish(message);
  return [publisher.confirms, said];
}

test("a feed to an address that is kept waits until each line is kept", async () => {
  const { connection, asked } = connectionOf("sent", () => Promise.resolve({}));

  assert.deepEqual(await publishes(connection), ["stored", []]);
  assert.deepEqual(asked, ["kept orders", "keep orders"]);
});

for (const code of ["refused", "unsupported"] as const) {
  test(`a feed to an address that nothing keeps is published, without a word (${code})`, async () => {
    const { connection, asked } = connectionOf(
      "sent",
      () => Promise.reject(new MessagingError(code, "Cannot: no")),
    );

    assert.deepEqual(await publishes(connection), ["sent", []]);
    assert.deepEqual(asked, ["kept orders", "publish"]);
  });
}

test("a feed says where it cannot find out whether its address is kept", async () => {
  const { connection } = connectionOf(
    "sent",
    () => Promise.reject(new MessagingError("denied", "Cannot look: no")),
  );

  const [confirms, said] = await publishes(connection);

  assert.equal(confirms, "sent");
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /whether "orders" is kept.* Cannot look: no/);
});

test("a feed whose publisher says that all is stored asks nobody", async () => {
  const { connection, asked } = connectionOf(
    "stored",
    () => Promise.resolve({}),
  );

  assert.deepEqual(await publishes(connection), ["stored", []]);
  assert.deepEqual(asked, ["publish"]);
});

test("a feed that is stopped says nothing of it", async () => {
  const { connection } = connectionOf(
    "sent",
    () => Promise.reject(new TypeError("stop")),
  );

  assert.deepEqual(await publishes(connection, AbortSignal.abort()), [
    "sent",
    [],
  ]);
});
