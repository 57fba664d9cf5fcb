import { test } from "@ruststream/conformance/runner";
import { bytes, channel, reject, retry, subscriber } from "@ruststream/core";
import { systemClock } from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { inputOf, quietApp, run, TestWorld } from "./_kit_test.ts";

const orders = channel<{ id: number }>("orders");
const decoder = new TextDecoder();

function lines(count: number): string {
  return Array.from({ length: count }, (_, i) => `{"id":${i + 1}}\n`).join("");
}

test("main() counts deliveries, not messages, and says the same words each time", async () => {
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(subscriber(orders, { name: "a" }, () => {}))
        .include(subscriber(orders, { name: "b" }, () => {})),
  );
  const world = new TestWorld("--feed orders=f --exit-when-idle")
    .file("f", lines(3));

  assert.equal(await run(world, app), 0);

  assert.equal(
    world.stdout.replaceAll(/(seconds|per second) +[\d.]+/g, "$1 N"),
    `lines read                          3
lines not JSON                      0
lines published                     3
lines failed to publish             0
deliveries acked                    6
deliveries retried                  0
deliveries rejected                 0
deliveries dead-lettered            0
deliveries returned                 0
deliveries lost                     0
deliveries not settled              0
seconds N
deliveries per second N
`,
  );
  assert.match(
    world.stderr,
    /^shop 0\.1\.0 runs: 2 subscribers on memory\nshop 0\.1\.0 stopped \(idle\): 6 settled, 0 returned, 0 lost\n$/,
  );
});

test("main() publishes the bytes of each line as they are", async () => {
  const seen: string[] = [];
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(subscriber(bytes("raw"), (body) => {
        seen.push(decoder.decode(body));
      })),
  );
  const world = new TestWorld("--feed raw=f --exit-when-idle")
    .file("f", '\ufeff{ "a":1 }\r\n\r\n  \n"\u00e9"  \n[2]');

  assert.equal(await run(world, app), 0);

  assert.deepEqual(seen, ['{ "a":1 }', '"\u00e9"  ', "[2]"]);
  assert.match(world.stdout, /^lines read +3\n/);
});

test("main() names the first ten lines that are not JSON, and counts all", async () => {
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(orders, () => {})),
  );
  const world = new TestWorld("--feed orders=f --exit-when-idle")
    .file("f", "{}\n" + "{no\n".repeat(15) + "{}\n");

  assert.equal(await run(world, app), 1);

  const named = world.stderr.match(/Cannot publish line \d+ .*/g) ?? [];
  assert.equal(named.length, 10);
  assert.equal(named[0], 'Cannot publish line 2 of "f": it is not JSON');
  assert.match(
    world.stderr,
    /Cannot publish more lines of "f": 10 are named, the rest is only counted\n/,
  );
  assert.match(world.stdout, /lines not JSON +15\nlines published +2\n/);
});

test("main() counts a line that the broker refuses with its number, and goes on", async () => {
  const app = quietApp().withBroker(
    new MemoryBroker({ maxBodyBytes: 20 }),
    (b) => b.include(subscriber(orders, () => {})),
  );
  const world = new TestWorld("--feed orders=f --exit-when-idle")
    .file("f", `{"id":1}\n{"id":"${"9".repeat(20)}"}\n{"id":3}\n`);

  assert.equal(await run(world, app), 1);

  assert.match(
    world.stderr,
    /Cannot publish line 2 of "f": Cannot publish to "orders": its body has 29 bytes/,
  );
  assert.match(world.stdout, /published +2\nlines failed to publish +1\n/);
  assert.match(world.stdout, /deliveries acked +2\n/);
});

test("main() exits with 1 where a delivery was rejected or dead-lettered", async () => {
  const refusing = quietApp().withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(
        subscriber(orders, ({ id }) => id === 2 ? reject() : undefined),
      ),
  );
  const burying = quietApp().withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(subscriber(
        orders,
        { deadLetter: bytes("dead") },
        ({ id }) => id === 2 ? reject() : undefined,
      )),
  );
  const refused = new TestWorld("--feed orders=f --exit-when-idle --json")
    .file("f", lines(3));
  const buried = new TestWorld("--feed orders=f --exit-when-idle --json")
    .file("f", lines(3));

  assert.equal(await run(refused, refusing), 1);
  assert.equal(await run(buried, burying), 1);

  const none = { retried: 0, returned: 0, lost: 0, notSettled: 0 };
  assert.deepEqual(refused.json["deliveries"], {
    ...none,
    acked: 2,
    rejected: 1,
    deadLettered: 0,
  });
  assert.deepEqual(buried.json["deliveries"], {
    ...none,
    acked: 2,
    rejected: 0,
    deadLettered: 1,
  });
});

test("main() waits with --exit-when-idle for a retry that is held", async () => {
  let runs = 0;
  const app = quietApp().withBroker(new MemoryBroker(), (b) =>
    b.include(
      subscriber(orders, () => ++runs < 3 ? retry({ afterMs: 40 }) : undefined),
    ));
  const world = new TestWorld("--feed orders=f --exit-when-idle --json")
    .file("f", lines(1));

  assert.equal(await run(world, app), 0);

  const { acked, retried } = world.json.deliveries;
  assert.deepEqual([acked, retried], [1, 2]);
});

test("main() does not take a pause of a feed for its end", async () => {
  const handled = Promise.withResolvers<void>();
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(orders, () => handled.resolve())),
  );
  const input = inputOf([1, 2].map(() => new TextEncoder().encode(lines(1))));
  let reads = 0;
  const world = new TestWorld("--feed orders=f --exit-when-idle --json").file(
    "f",
    () => ({
      ...input,
      async read() {
        if (++reads === 2) {
          await handled.promise;
          // Many times longer than it takes to find that nothing is in hand.
          await systemClock.sleep(60);
        }
        return input.read();
      },
    }),
  );

  assert.equal(await run(world, app), 0);

  assert.equal(world.json.deliveries.acked, 2);
});

test("main() feeds several files, each to its address", async () => {
  const other = channel<{ id: number }>("other");
  const seen: string[] = [];
  const note = (_: unknown, { address }: { readonly address: string }): void =>
    void seen.push(address);
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(orders, note)).include(subscriber(other, note)),
  );
  const world = new TestWorld(
    "--feed orders=f --feed other=g=h --exit-when-idle --json",
  ).file("f", lines(2)).file("g=h", lines(3) + "x");

  assert.equal(await run(world, app), 1);

  assert.equal(seen.filter((address) => address === "orders").length, 2);
  assert.equal(seen.filter((address) => address === "other").length, 3);
  const common = { failed: 0, ended: true };
  assert.deepEqual(world.json.feeds, [
    {
      address: "orders",
      file: "f",
      read: 2,
      notJson: 0,
      published: 2,
      ...common,
    },
    {
      address: "other",
      file: "g=h",
      read: 4,
      notJson: 1,
      published: 3,
      ...common,
    },
  ]);
});

test("main() feeds the broker that is named", async () => {
  const seen: string[] = [];
  const app = quietApp()
    .withBroker(
      new MemoryBroker(),
      (b) => b.include(subscriber(orders, () => void seen.push("first"))),
    )
    .withBroker(
      new MemoryBroker({ name: "second" }),
      (b) => b.include(subscriber(orders, () => void seen.push("second"))),
    );
  const world = new TestWorld(
    "--feed orders=f --broker second --exit-when-idle",
  ).file("f", lines(2));

  assert.equal(await run(world, app), 0);

  assert.deepEqual(seen, ["second", "second"]);
});

test("main() counts a message once where subscribers share it by when", async () => {
  const app = quietApp().withBroker(new MemoryBroker(), (b) =>
    b.include(
      subscriber(orders, { when: (value) => isOdd(value) }, () => {}),
    ).include(
      subscriber(orders, { when: (value) => !isOdd(value) }, () => {}),
    ));
  const world = new TestWorld("--feed orders=f --exit-when-idle --json")
    .file("f", lines(5));

  assert.equal(await run(world, app), 0);

  const { acked, notSettled } = world.json.deliveries;
  assert.deepEqual([acked, notSettled], [5, 0]);
});

function isOdd(value: unknown): boolean {
  return (value as { readonly id: number }).id % 2 === 1;
}

test("main() refuses to feed what nobody reads, before anything starts, and exits with 2", async () => {
  const app = quietApp().withState(() => assert.fail("it started")).withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(orders, () => {})),
  );
  const world = new TestWorld("--feed ordesr=gone --exit-when-idle --json");

  assert.equal(await run(world, app), 2);

  assert.equal(
    world.stderr,
    'Cannot feed "ordesr" on "memory": no subscriber there reads it; the nearest is "orders"\n',
  );
  assert.equal(world.stdout, "");
});

test("main() says which broker to name where another one is read there", async () => {
  const app = quietApp()
    .withBroker(
      new MemoryBroker({ name: "front" }),
      (b) => b.include(subscriber(channel("order"), () => {})),
    )
    .withBroker(
      new MemoryBroker({ name: "back" }),
      (b) => b.include(subscriber(orders, () => {})),
    );
  const first = new TestWorld("--feed orders=f --exit-when-idle");
  const named = new TestWorld("--feed orders=f --exit-when-idle --broker back")
    .file("f", lines(1));

  assert.equal(await run(first, app), 2);
  assert.equal(await run(named, app), 0);

  assert.equal(
    first.stderr,
    'Cannot feed "orders" on "front": no subscriber there reads it; say --broker back\n',
  );
});

test("main() stops with --exit-when-idle where there is nothing to feed", async () => {
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(orders, () => {})),
  );
  const world = new TestWorld("--exit-when-idle");

  assert.equal(await run(world, app), 0);

  assert.match(world.stdout, /^lines read +0\n/);
});

test("main() says what a feed came to where the service goes on", async () => {
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(orders, () => {})),
  );
  const world = new TestWorld("--feed orders=f").file("f", lines(4));
  const code = run(world, app);
  await world.said(/Fed "f" to "orders": 4 lines published\n/);
  world.send("SIGTERM");

  assert.equal(await code, 0);

  assert.match(world.stdout, /deliveries acked +4\n/);
});

test("main() exits with 1 where a file cannot be read to its end", async () => {
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(orders, () => {})),
  );
  const input = inputOf([new TextEncoder().encode(lines(2))]);
  let reads = 0;
  const world = new TestWorld("--feed orders=f --exit-when-idle").file(
    "f",
    () => ({
      ...input,
      read: () =>
        ++reads > 1 ? Promise.reject(new Error("disk gone")) : input.read(),
    }),
  );

  assert.equal(await run(world, app), 1);

  assert.match(world.stderr, /\nCannot read "f": disk gone\n/);
  assert.match(world.stdout, /deliveries acked +2\n/);
});

test("main() shows progress on a terminal, in place and no wider than it is", async () => {
  const app = quietApp().withBroker(
    new MemoryBroker(),
    (b) => b.include(subscriber(orders, () => {})),
  );
  const world = new TestWorld("--feed orders=f --exit-when-idle", 30)
    .file("f", lines(3));

  assert.equal(await run(world, app), 0);

  const again = "\r\x1b[2K";
  const shown = world.stderr.split(again);
  assert.match(shown[1] ?? "", /^0\/s {2}read 0 {2}acked 0 {2}retri/);
  assert.equal((shown[1] ?? "").length, 29);
  assert.match(shown.at(-1) ?? "", /^shop 0\.1\.0 stopped/);
  assert.doesNotMatch(world.stdout, /\r/);
});
