import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "@ruststream/conformance/runner";
import { type BrokerEvent, systemClock } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import {
  type NatsAuth,
  natsBroker,
  type NatsConnection,
} from "@ruststream/nats";
import { NatsServer } from "../_tools/nats_server.ts";
import { accounts, credsOf } from "./_accounts_test.ts";
import { connect, message, read, subscribe, until } from "./_kit_test.ts";

const made = accounts();

/** Credentials that the server takes for so many seconds. */
function lasting(seconds: number): { jwt: string; nkeySeed: string } {
  const exp = Math.floor(systemClock.now() / 1_000) + seconds;
  return made.user({ exp });
}

/** A connection whose time the test moves. Disposing it leaves no timer. */
class Virtual implements AsyncDisposable {
  readonly clock = new VirtualClock({ startMs: systemClock.now() });
  readonly events: BrokerEvent[] = [];
  readonly connection: Promise<NatsConnection>;
  asked = 0;

  constructor(servers: string, auth: (asked: number) => NatsAuth) {
    this.connection = natsBroker({
      servers,
      auth: () => auth(++this.asked),
      backoff: { initialMs: 1, maxMs: 1 },
    }).connect({
      clock: this.clock,
      report: (event) => void this.events.push(event),
    });
  }

  told(kind: BrokerEvent["kind"]): readonly string[] {
    return this.events.filter((event) => event.kind === kind)
      .map(({ detail = "" }) => detail);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.connection).shutdown();
    assert.equal(this.clock.pending, 0, "a timer was left behind");
  }
}

function start(): Promise<NatsServer> {
  return NatsServer.start({ jetStream: false, config: made.config });
}

test("other credentials are asked for before those in use expire, and nothing is lost", async () => {
  await using server = await start();
  const other = await connect({ servers: server.url, auth: made.user() });
  const requests = await subscribe(other, "ask");
  const sent = await subscribe(other, "sent");
  await using mine = new Virtual(
    server.url,
    (asked) => lasting(asked === 1 ? 100 : 10_000),
  );
  const { publisher } = await mine.connection;
  const reply = publisher.request(message("ask"), { timeoutMs: 500_000 });
  const { value: asked } = await requests.deliveries.getReader().read();

  await mine.clock.advance(68_000);
  const early = mine.asked;
  await mine.clock.advance(3_000);
  await until("they are asked for", () => mine.asked === 2);
  await until(
    "it holds back",
    () => publisher.publish(message("sent", "1")) !== undefined,
  );
  const last = publisher.publish(message("sent", "2"));
  for (let trips = 0; trips < 5; trips++) await other.connection.nats.flush();
  const before = mine.told("disconnected");
  await other.connection.publisher.publish(
    message(asked?.replyTo ?? "", "yes"),
  );
  await reply;
  await last;

  assert.equal(early, 1);
  assert.deepEqual(before, []);
  assert.deepEqual(mine.told("disconnected"), [
    "Signing in anew, before the credentials expire",
  ]);
  assert.equal((await read(sent, 2)).at(-1), "2");
  assert.equal(mine.asked, 2);
  await other.connection.shutdown();
});

test("where no credentials last longer they are asked for again and again, and that is told", async () => {
  await using server = await start();
  const first = lasting(100);
  await using mine = new Virtual(server.url, (asked) => {
    if (asked === 3) throw new TypeError("no vault");
    return asked < 4 ? first : lasting(10_000);
  });
  await mine.connection;

  await mine.clock.advance(71_000);
  await until("it is told", () => mine.told("slow").length === 1);
  await mine.clock.advance(15_000);
  await until("it is told again", () => mine.told("slow").length === 2);
  await mine.clock.advance(8_000);
  await until("it dials", () => mine.told("disconnected").length === 1);
  await until("it is back", () => mine.told("connected").length === 2);

  assert.equal(mine.asked, 4);
  assert.match(mine.told("slow")[0] ?? "", /expire at .* do not last longer$/);
  assert.match(mine.told("slow")[1] ?? "", /expire at .* could not be had$/);
});

test("a file of credentials is read again before they expire", async () => {
  await using server = await start();
  const credsFile = join(server.folder, "user.creds");
  writeFileSync(credsFile, credsOf(lasting(3)));
  const told = await connect({ servers: server.url, auth: { credsFile } });

  writeFileSync(credsFile, credsOf(made.user()));
  await until(
    "it signs in anew",
    () => told.events.some(({ detail = "" }) => /anew/.test(detail)),
  );
  await until("it is back", () => told.connection.state === "connected");
  await told.connection.nats.flush();

  assert.deepEqual(told.events.map(({ kind }) => kind), [
    "connected",
    "disconnected",
    "connected",
  ]);
  await told.connection.shutdown();
});

test("fixed credentials that expire are told beforehand, and end the connection as denied", async () => {
  await using server = await start();
  const told = await connect({ servers: server.url, auth: lasting(3) });

  const cause = await told.connection.closed;

  assert.equal((cause as { code?: string } | undefined)?.code, "denied");
  assert.match(
    told.events.find(({ kind }) => kind === "slow")?.detail ?? "",
    /expire at .* fixed/,
  );
  await told.connection.shutdown();
});
