import type { CommandContext } from "@ruststream/core/cli";
import { RustStream, subscriber } from "@ruststream/core";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { startExample } from "../run_example.ts";
import { quotes } from "./channels.ts";
import { listen } from "./listen.ts";
import { serve } from "./serve.ts";

/** Runs the command on a port of the system's choice, and gives its address once it listens. */
function serving(
  app: RustStream<undefined>,
  broker: MemoryBroker,
  given: Readonly<Record<string, string>> = { port: "0" },
) {
  const stopping = new AbortController();
  const listening = Promise.withResolvers<string>();
  const said: string[] = [];
  const context: CommandContext = {
    app: app as RustStream<unknown>,
    words: [],
    signal: stopping.signal,
    has: (option) => option in given,
    value: (option) => given[option],
    values: () => [],
    read: () => Promise.resolve(""),
    save: () => Promise.resolve(),
    write: () => {},
    say(line) {
      said.push(line);
      listening.resolve(line.split(" ").at(-1) ?? "");
    },
    refuse(line) {
      throw new TypeError(line);
    },
  };
  const { run } = serve(broker);
  const code = Promise.resolve().then(() => run(context));
  return { url: listening.promise, code, said, stop: () => stopping.abort() };
}

/** An application that takes its time for a quote. */
function slowApp() {
  const broker = new MemoryBroker();
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const quote = subscriber(quotes, async ({ sku }) => {
    asked.resolve();
    await gate.promise;
    return { sku, cents: 1 };
  });
  const app = new RustStream({ title: "slow", version: "1.0.0" })
    .withBroker(broker, (b) => b.include(quote));
  return { app, broker, asked: asked.promise, open: () => gate.resolve() };
}

async function statusAt(url: string, init?: RequestInit): Promise<number> {
  const response = await fetch(url, init);
  await response.body?.cancel();
  return response.status;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  await using server = await listen(0, () => new Response());
  return server.port;
}

test("serve answers the requests under way before its broker is shut down", async () => {
  const { app, broker, asked, open } = slowApp();
  const { url, code, said, stop } = serving(app, broker);
  const early = fetch(`${await url}/quotes/tea`);
  await asked;

  stop();
  await assert.rejects(fetch(`${await url}/livez`));
  open();

  const response = await early;
  assert.deepEqual(await response.json(), { sku: "tea", cents: 1 });
  assert.equal(await code, 0);
  assert.equal(said.at(-1), "Stopped: 1 settled, 0 returned, 0 lost");
});

test("serve that is stopped before it listens ends", async () => {
  const { app, broker } = slowApp();
  const serves = serving(app, broker);
  app.afterStart(() => serves.stop());

  await assert.rejects(serves.code, { name: "AbortError" });
});

test("serve stops the service where the port is taken", async () => {
  const { app, broker } = slowApp();
  await using taken = await listen(0, () => new Response());
  let stopped = 0;
  app.afterStop(() => void stopped++);

  const { code } = serving(app, broker, { port: `${taken.port}` });

  await assert.rejects(code);
  assert.equal(stopped, 1);
});

test("serve refuses a port that is no number", async () => {
  const { app, broker } = slowApp();

  const { code } = serving(app, broker, { port: "http" });

  await assert.rejects(code, {
    message: 'Cannot use --port "http": expected a whole number',
  });
});

test("the example serves, goes on while it is not ready, and stops on SIGTERM", async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ["serve", "--port", `${port}`, "--ready-delay-ms", "1000"];
  const example = startExample("web", args);
  const order = { method: "POST", body: '{"id":1,"sku":"tea"}' };

  await example.said("Listening");
  const before = [
    await statusAt(`${url}/readyz`),
    await statusAt(`${url}/orders`, order),
    await statusAt(`${url}/orders`, { method: "POST", body: "{}" }),
    await statusAt(`${url}/quotes/milk`),
    await statusAt(`${url}/quotes/gold`),
  ];
  example.signal("SIGTERM");
  let ready = 200;
  // At the end of the delay nobody answers, so this ends.
  while (ready === 200) ready = await statusAt(`${url}/readyz`);
  const during = [
    await statusAt(`${url}/livez`),
    await statusAt(`${url}/orders`, order),
  ];
  const { code, stdout, stderr } = await example.ended;

  assert.deepEqual(before, [200, 202, 400, 200, 404], stderr);
  assert.equal(ready, 503);
  assert.deepEqual(during, [200, 202]);
  assert.match(stdout, /took order 1\n/);
  assert.match(stderr, /Stopped: 4 settled, 0 returned, 0 lost\n/);
  assert.equal(code, 0, stderr);
});
