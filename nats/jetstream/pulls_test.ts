import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import type { BrokerEvent } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import type { Msg } from "@nats-io/nats-core";
import type { Session } from "../session.ts";
import { Pulls } from "./_pulls.ts";

/** A session that notes what is asked, and answers as the test says. */
class Script {
  readonly clock = new VirtualClock();
  readonly connected = true;
  readonly asked: number[] = [];
  readonly events: BrokerEvent[] = [];
  readonly gone: string[] = [];
  readonly pulls: Pulls;
  #hear: (msg: Msg) => void = () => {};
  #reply = "";

  constructor(expiresMs = 2_000) {
    this.pulls = new Pulls({
      session: this as unknown as Session,
      name: "billing",
      target: () => "next",
      expiresMs,
      onMessage: () => true,
      onGone: (why) => void this.gone.push(why),
      onRefused: () => {},
    });
  }

  inbox(): string {
    return "inbox";
  }

  onChange(): () => void {
    return () => {};
  }

  onDenial(): () => void {
    return () => {};
  }

  report(event: BrokerEvent): void {
    this.events.push(event);
  }

  subscribe(_: string, hear: (msg: Msg) => void): object {
    this.#hear = hear;
    return { unsubscribe() {}, mute() {} };
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  send(_: string, body: Uint8Array, { reply }: { reply: string }): void {
    this.asked.push(JSON.parse(new TextDecoder().decode(body)).batch);
    this.#reply = reply;
  }

  /** Answers the latest request with a status. */
  answer(code: number, description: string): void {
    const headers = { code, description };
    this.#hear({ subject: this.#reply, headers } as unknown as Msg);
  }
}

test("a request whose server falls silent is sent again", async () => {
  const script = new Script();
  script.pulls.want(1);

  await script.clock.advance(1_250);

  assert.deepEqual(script.asked, [1, 1]);
  assert.deepEqual(script.events.map(({ kind }) => kind), ["slow"]);
  await script.pulls.stop();
  assert.equal(script.clock.pending, 0);
});

test("a server that died is missed soon, however long a request may wait", async () => {
  const script = new Script(600_000);
  script.pulls.want(1);

  await script.clock.advance(8_000);

  assert.deepEqual(script.asked, [1, 1]);
  await script.pulls.stop();
});

test("a request that is made while another waits to be repeated is watched as well", async () => {
  const script = new Script();
  script.pulls.want(1);
  script.answer(409, "Leadership Change");

  script.pulls.want(2);
  await script.clock.advance(1_250);

  assert.deepEqual(script.asked, [1, 2, 2]);
  assert.deepEqual(script.events.map(({ kind }) => kind), ["slow"]);
  await script.pulls.stop();
  assert.equal(script.clock.pending, 0);
});

test("what becomes of a request that was given up says nothing of the next", async () => {
  const script = new Script();
  script.pulls.want(1);
  script.pulls.hold();

  script.answer(409, "Consumer Deleted");
  const before = [...script.gone];
  script.pulls.release();
  script.answer(409, "Consumer Deleted");

  assert.deepEqual([before, script.gone], [[], ["Consumer Deleted"]]);
  await script.pulls.stop();
});

test("what the server cannot answer right now is asked again, after ever longer waits", async () => {
  const script = new Script();
  const at: number[] = [];
  script.pulls.want(1);
  for (let tries = 1; tries <= 8; tries++) {
    script.answer(409, "Leadership Change");
    while (script.asked.length === tries) await script.clock.advance(50);
    at.push(script.clock.now());
  }

  const waits = at.map((time, i) => time - (at[i - 1] ?? 0));
  assert.ok(waits.every((ms) => ms <= 5_000));
  assert.ok((waits.at(-1) ?? 0) >= 2_500);
  await script.pulls.stop();
});
