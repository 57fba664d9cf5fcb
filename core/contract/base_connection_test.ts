import assert from "node:assert/strict";
import {
  BaseConnection,
  type BrokerEvent,
  type Publisher,
  type Subscription,
  systemClock,
} from "@ruststream/core/contract";
import { test } from "@ruststream/conformance/runner";

class OwnConnection extends BaseConnection {
  readonly events: string[] = [];
  ended: () => Promise<void> = () => Promise.resolve();
  readonly publisher: Publisher = {
    confirms: "sent",
    publish: () => this.checkOpen("publish"),
  };

  subscribe(): Promise<Subscription> {
    return Promise.reject(new TypeError("Cannot subscribe: not here"));
  }

  use(): void {
    this.checkOpen('use "it"');
  }

  override lose(cause: Error): void {
    super.lose(cause);
  }

  /** Something that is disposed with the connection. */
  open(name: string, dispose = (): Promise<void> => Promise.resolve()): void {
    this.subscriptions.add({
      [Symbol.asyncDispose]: () => {
        this.events.push(`${name} in ${this.state}`);
        return dispose();
      },
    });
  }

  protected override end(): Promise<void> {
    this.events.push("end");
    return this.ended();
  }
}

test("BaseConnection() is open, on the clock of the machine, and tells nobody by default", () => {
  const connection = new OwnConnection();

  assert.equal(connection.state, "connected");
  assert.equal(connection.clock, systemClock);
  assert.equal(connection.report({ kind: "slow" }), undefined);
  assert.doesNotThrow(() => connection.use());
});

test("BaseConnection() has the clock and the report that it is given", () => {
  const told: BrokerEvent[] = [];
  const clock = { ...systemClock };
  const report = (event: BrokerEvent): void => void told.push(event);

  const connection = new OwnConnection({ clock, report });
  connection.report({ kind: "slow" });

  assert.equal(connection.clock, clock);
  assert.deepEqual(told, [{ kind: "slow" }]);
});

test("BaseConnection.shutdown() closes at once, disposes, and then ends", async () => {
  const connection = new OwnConnection();
  connection.open("a");
  connection.open("b");

  const ending = connection.shutdown();
  const { state } = connection;
  await ending;

  assert.equal(state, "closed");
  assert.throws(() => connection.use(), {
    code: "closed",
    message: 'Cannot use "it": the connection is closed',
  });
  assert.deepEqual(connection.events, ["a in closed", "b in closed", "end"]);
  assert.equal(await connection.closed, undefined);
});

test("BaseConnection.shutdown() called twice waits for the first, and ends once", async () => {
  const connection = new OwnConnection();
  const end = Promise.withResolvers<void>();
  connection.ended = () => end.promise;
  const first = connection.shutdown();
  let waits = true;
  const second = connection.shutdown().then(() => waits = false);

  await systemClock.turn();
  const waited = waits;
  end.resolve();
  await Promise.all([first, second, connection[Symbol.asyncDispose]()]);

  assert.equal(waited, true);
  assert.deepEqual(connection.events, ["end"]);
});

test("BaseConnection.shutdown() called while it ends does not end twice", async () => {
  const connection = new OwnConnection();
  let inside: Promise<void> | undefined;
  connection.ended = async () => {
    inside = connection.shutdown();
    await undefined;
  };

  await connection.shutdown();
  await inside;

  assert.deepEqual(connection.events, ["end"]);
});

test("BaseConnection.shutdown() rejects with what failed, once, and closes all the same", async () => {
  const cause = new Error("no answer");
  const connection = new OwnConnection();
  connection.open("a", () => Promise.reject(cause));

  await assert.rejects(connection.shutdown(), cause);

  assert.deepEqual(connection.events, ["a in closed", "end"]);
  assert.equal(await connection.shutdown(), undefined);
  assert.equal(await connection.closed, undefined);
});

test("BaseConnection.shutdown() rejects with all that failed", async () => {
  const [one, two] = [new Error("one"), new Error("two")];
  const connection = new OwnConnection();
  connection.open("a", () => {
    throw one;
  });
  connection.ended = () => {
    throw two;
  };

  const error = await connection.shutdown().catch((error) => error);

  assert.ok(error instanceof AggregateError);
  assert.deepEqual(error.errors, [one, two]);
  assert.equal(await connection.closed, undefined);
});

test("BaseConnection.lose() closes with the cause, and a shutdown still ends", async () => {
  const cause = new Error("gone");
  const connection = new OwnConnection();

  connection.lose(cause);

  assert.equal(connection.state, "closed");
  assert.throws(() => connection.use(), { code: "closed" });
  assert.equal(await connection.closed, cause);
  await connection.shutdown();
  assert.deepEqual(connection.events, ["end"]);
  assert.equal(await connection.closed, cause);
});
