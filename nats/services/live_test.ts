import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { channel, RustStream, subscriber, type } from "@ruststream/core";
import { type BrokerEvent, systemClock } from "@ruststream/core/contract";
import { NatsServer } from "../../_tools/nats_server.ts";
import { natsBroker } from "../nats_broker.ts";
import { services } from "./discovery.ts";
import { service } from "./service.ts";
import { ServiceError } from "./service_error.ts";

const sums = channel("math.sums", {
  payload: type<number[]>(),
  reply: channel<number>("total"),
});
const math = service({ name: "math", version: "1.4.0" });
const add = subscriber(sums, (all) => {
  if (all.length === 0) throw new ServiceError(404, "nothing to add");
  return all.reduce((one, other) => one + other);
});
const backoff = { initialMs: 10, maxMs: 50 } as const;
const timeout = 5_000;

for (const generation of ["newest", "2.9"] as const) {
  test(`service() is found, asked and found again after a loss, on server ${generation}`, async () => {
    await using server = await NatsServer.start({
      jetStream: false,
      generation,
    });
    const proxy = await server.proxy();
    const app = new RustStream({ title: "math", version: "1.4.0" })
      .withBroker(
        natsBroker({ servers: proxy.url, backoff }),
        (b) => b.include(add, { source: (of) => math.endpoint(of) }),
      );
    await using asker = await natsBroker({ servers: server.url }).connect();
    const { nats } = asker;
    const running = await app.start();
    const subject = "$SRV.STATS.math";

    const good = await nats.request("math.sums", "[1,2]", { timeout });
    const bad = await nats.request("math.sums", "[]", { timeout });
    const before = await nats.request(subject, "", { timeout });
    await proxy.cut();
    // Until the server knows of the loss, what it sends there gets lost.
    const after = await answer(() =>
      nats.request(subject, "", { timeout: 500 })
    );
    const [found] = await Array.fromAsync(
      services(asker).stats({ name: "math", id: after.id, timeoutMs: timeout }),
    );
    await running.stop();

    assert.equal(good.string(), "3");
    assert.equal(bad.headers?.get("Nats-Service-Error-Code"), "404");
    assert.equal(bad.headers?.get("Nats-Service-Error"), "nothing to add");
    assert.deepEqual(after, before.json());
    assert.deepEqual(
      found?.endpoints.map((one) => [one.requests, one.errors]),
      [
        [2, 1],
      ],
    );
    const left = nats.request(subject, "", { timeout });
    await assert.rejects(left, { message: /no responders/ });
  });
}

/** What is answered once somebody is there again. */
async function answer(
  ask: () => Promise<{ json<T>(): T }>,
): Promise<{ readonly id: string }> {
  for (let left = 500; left > 0; left--) {
    try {
      return (await ask()).json();
    } catch {
      await systemClock.sleep(10);
    }
  }
  throw new TypeError("Cannot wait any longer: nobody answers");
}

test("a service that may not be discovered does not open, and tells where that comes later", async () => {
  const user = (permissions: string): string =>
    `authorization { users: [{ user: a, password: b, permissions: ${permissions} }] }`;
  await using server = await NatsServer.start({
    jetStream: false,
    config: user('{ publish: ">", subscribe: ">" }'),
  });
  const events: BrokerEvent[] = [];
  const { promise: denied, resolve } = Promise.withResolvers<void>();
  await using connection = await natsBroker({
    servers: server.url,
    auth: { user: "a", password: "b" },
    backoff,
  }).connect({
    report: (event) => {
      events.push(event);
      if (event.kind === "dropped") resolve();
    },
  });
  const opened = await math.endpoint(sums).open(connection);

  await server.restart(
    "SIGKILL",
    user('{ publish: ">", subscribe: { allow: ">", deny: "$SRV.>" } }'),
  );
  await denied;
  await opened[Symbol.asyncDispose]();
  await assert.rejects(math.endpoint(sums).open(connection), {
    code: "denied",
    message:
      /^Cannot subscribe to "\$SRV\.[^"]+": the server does not permit it$/,
  });

  const dropped = events.filter(({ kind }) => kind === "dropped");
  assert.equal(dropped.length, 1);
  assert.match(
    String(dropped[0]?.detail),
    /^The service "math" can no longer be discovered: Cannot subscribe to/,
  );
});
