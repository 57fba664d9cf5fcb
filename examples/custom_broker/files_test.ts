import { parseAddress } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { FileBroker } from "./file_broker.ts";
import { pathOf } from "./log_file.ts";

const decoder = new TextDecoder();
const script = fileURLToPath(new URL("_publish_numbers.ts", import.meta.url));

async function inDirectory(
  run: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "file-broker-"));
  try {
    await run(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function publishElsewhere(directory: string, who: string): Promise<void> {
  const args = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
  const child = spawn(process.execPath, [...args, script, directory, who], {
    stdio: "inherit",
  });
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
}

test("FileBroker reads what other processes publish at once, each in its order", () =>
  inDirectory(async (directory) => {
    await using connection = await new FileBroker({ directory }).connect();
    const subscription = await connection.subscribe(parseAddress("numbers"));

    await Promise.all([
      publishElsewhere(directory, "a"),
      publishElsewhere(directory, "b"),
    ]);
    await subscription.drain();

    const got = await Array.fromAsync(
      subscription.deliveries,
      ({ message }) => [message.key, decoder.decode(message.body)],
    );
    const numbers = Array.from({ length: 200 }, (_, i) => String(i));
    for (const who of ["a", "b"]) {
      const own = got.filter(([key]) => key === who).map(([, body]) => body);
      assert.deepEqual(own, numbers, `in ${directory}`);
    }
  }));

test("FileBroker skips the line of a writer that died, and tells it", () =>
  inDirectory(async (directory) => {
    const told: string[] = [];
    const report = ({ kind }: { readonly kind: string }): void =>
      void told.push(kind);
    await using connection = await new FileBroker({ directory })
      .connect({ report });
    const subscription = await connection.subscribe(parseAddress("numbers"));

    await appendFile(pathOf(directory, "numbers"), '\n{"at":1,"bo');
    const body = new TextEncoder().encode("whole");
    await connection.publisher.publish({ address: "numbers", body });
    await subscription.drain();

    const [one, ...more] = await Array.fromAsync(subscription.deliveries);
    assert.equal(decoder.decode(one?.message.body), "whole");
    assert.deepEqual([more, told], [[], ["connected", "dropped"]]);
  }));

test("FileBroker begins behind half a line without a word", () =>
  inDirectory(async (directory) => {
    await appendFile(pathOf(directory, "numbers"), '\n{"at":1,"bo');
    const told: string[] = [];
    const report = ({ kind }: { readonly kind: string }): void =>
      void told.push(kind);
    await using connection = await new FileBroker({ directory })
      .connect({ report });

    const subscription = await connection.subscribe(parseAddress("numbers"));
    const message = { address: "numbers", body: new Uint8Array(9) };
    await connection.publisher.publish(message);
    await subscription.drain();

    const got = await Array.fromAsync(subscription.deliveries);
    assert.deepEqual([got.length, told], [1, ["connected"]]);
  }));

test("FileBroker says in the words of the contract what the system refuses", () =>
  inDirectory(async (directory) => {
    await using connection = await new FileBroker({ directory }).connect();
    const address = "a".repeat(300);
    const message = { address, body: new Uint8Array() };

    const sent = Promise.resolve(connection.publisher.publish(message));
    await assert.rejects(sent, { name: "MessagingError", code: "refused" });
    const reading = connection.subscribe(parseAddress(address));
    await assert.rejects(reading, { name: "MessagingError", code: "refused" });
    await connection.publisher.publish({ ...message, address: "a" });
    const beneath = { directory: pathOf(directory, "a") };
    const connecting = new FileBroker(beneath).connect();
    await assert.rejects(connecting, { code: "connection" });
  }));

test("FileBroker ends a stream with the cause when its file was cut short", () =>
  inDirectory(async (directory) => {
    await using connection = await new FileBroker({ directory }).connect();
    const message = { address: "numbers", body: new Uint8Array(9) };
    await connection.publisher.publish(message);
    const subscription = await connection.subscribe(parseAddress("numbers"));

    const reading = subscription.deliveries.getReader().read();
    rmSync(pathOf(directory, "numbers"));

    await assert.rejects(reading, { code: "connection" });
  }));

test("FileBroker keeps addresses apart that would be one path, or a path elsewhere", () =>
  inDirectory(async (directory) => {
    await using connection = await new FileBroker({ directory }).connect();
    const addresses = ["a/b", "a%2Fb", "a", "A", "/a", "Zoë"];
    const subscriptions = await Promise.all(
      addresses.map((address) => connection.subscribe(parseAddress(address))),
    );

    for (const address of addresses) {
      await connection.publisher.publish({ address, body: new Uint8Array() });
    }

    for (const [index, subscription] of subscriptions.entries()) {
      await subscription.drain();
      const got = await Array.fromAsync(
        subscription.deliveries,
        ({ message }) => message.address,
      );
      assert.deepEqual(got, [addresses[index]]);
    }
    const paths = addresses.map((address) => pathOf("", address).toLowerCase());
    assert.equal(new Set(paths).size, addresses.length);
  }));

test("FileBroker refuses groups and patterns, which it would not keep", () =>
  inDirectory(async (directory) => {
    await using connection = await new FileBroker({ directory }).connect();

    const shared = connection.subscribe(parseAddress("a"), { group: "g" });
    await assert.rejects(shared, { code: "unsupported" });
    const many = connection.subscribe(parseAddress("a.{id}"));
    await assert.rejects(many, { code: "unsupported" });
  }));

test("FileBroker refuses a retry that could not come back, and leaves no timer of one that cannot", () =>
  inDirectory(async (directory) => {
    await using connection = await new FileBroker({ directory }).connect();
    const subscription = await connection.subscribe(parseAddress("a"));
    for (let i = 0; i < 2; i++) {
      const body = new Uint8Array();
      await connection.publisher.publish({ address: "a", body });
    }
    const reader = subscription.deliveries.getReader();
    const [one, two] = [await reader.read(), await reader.read()];

    await one.value?.settle({ kind: "retry", afterMs: 60_000 });
    await reader.cancel();

    const late = Promise.resolve(two.value?.settle({ kind: "retry" }));
    await assert.rejects(late, { code: "refused" });
    await two.value?.settle({ kind: "ack" });
  }));

test("FileBroker shows what is kept of a pattern, the oldest first, and what was removed to nobody any more", () =>
  inDirectory(async (directory) => {
    const clock = new VirtualClock();
    await using here = await new FileBroker({ directory }).connect({ clock });
    await using elsewhere = await new FileBroker({ directory }).connect();
    for (const address of ["dead.B", "dead.a", "dead.B", "other"]) {
      await here.keep({ address, body: new Uint8Array() });
      await clock.advance(1);
    }
    // Not files of a log, and half a line of who died while removing.
    await appendFile(join(directory, "%.ndjson"), "\n");
    await appendFile(
      `${pathOf(directory, "dead.a")}.removed`,
      '\n{"by":"x","id',
    );
    const kept = await here.kept(parseAddress("dead.{who}"));
    const there = await elsewhere.kept(parseAddress("dead.{who}"));

    const [first, ...rest] = await Array.fromAsync(kept.read());
    assert.deepEqual(
      [first, ...rest].map((one) => one?.message.address),
      ["dead.B", "dead.a", "dead.B"],
    );
    assert.ok(first !== undefined && await there.remove(first));

    assert.equal(await kept.remove(first), false);
    assert.deepEqual(
      (await Array.fromAsync(kept.read())).map(({ id }) => id),
      rest.map(({ id }) => id),
    );
    assert.equal(await kept.purge(), 2);
    assert.equal(await there.count(), 0);
    const others = await elsewhere.kept(parseAddress("{any+}"));
    assert.equal(await others.count(), 1);
  }));

test("FileBroker leaves to subscriptions what was removed before they read it", () =>
  inDirectory(async (directory) => {
    await using connection = await new FileBroker({ directory }).connect();
    const subscription = await connection.subscribe(parseAddress("a"));
    await connection.keep({ address: "a", body: new Uint8Array() });

    const kept = await connection.kept(parseAddress("a"));
    assert.equal(await kept.purge(), 1);
    await subscription.drain();

    const got = await Array.fromAsync(subscription.deliveries);
    assert.equal(got.length, 1);
  }));
