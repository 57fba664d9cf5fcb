import { test } from "@ruststream/conformance/runner";
import { systemClock } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fixture } from "./_kit_test.ts";

function lines(count: number): string {
  return Array.from({ length: count }, (_, i) => `{"id":${i + 1}}\n`).join("");
}

test("main() runs until SIGTERM, and exits with 0", async () => {
  await using fixture = new Fixture([]);
  await fixture.said(/fixture 1\.2\.3 runs: 1 subscriber on memory\n/);
  fixture.kill("SIGTERM");

  const { code, stdout, stderr } = await fixture.ended;

  assert.equal(code, 0);
  assert.equal(stdout, "");
  assert.match(stderr, /stopped \(SIGTERM\): 0 settled, 0 returned, 0 lost\n$/);
});

test("main() feeds what a pipe holds, counts it, and exits with 1 where something could not be handled", async () => {
  await using fixture = new Fixture([
    "run",
    "--feed",
    "orders=-",
    "--exit-when-idle",
  ]);
  fixture.write('{"id":1}\nno\n{"id":2,"fate":"fail"}\n');
  fixture.write('{"id":');
  fixture.write("3}");
  fixture.close();

  const { code, stdout, stderr } = await fixture.ended;

  assert.match(
    stdout,
    /^lines read +4\nlines not JSON +1\nlines published +3\nlines failed to publish +0\ndeliveries acked +2\ndeliveries retried +1\ndeliveries rejected +0\ndeliveries dead-lettered +1\ndeliveries returned +0\ndeliveries lost +0\ndeliveries not settled +0\nseconds +\d+\.\d{3}\ndeliveries per second +\d+\n$/,
  );
  assert.match(stderr, /Cannot publish line 2 of "-": it is not JSON\n/);
  assert.equal(code, 1);
});

test("main() feeds a file, and exits with 0 where all of it is handled", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ruststream-"));
  try {
    const file = join(folder, "a=b.ndjson");
    await writeFile(file, lines(5_000));
    await using fixture = new Fixture([
      "--feed",
      `orders=${file}`,
      "--exit-when-idle",
      "--json",
    ]);

    const { code, stdout } = await fixture.ended;

    const { deliveries, lines: counted, stoppedBy } = JSON.parse(stdout);
    assert.equal(counted.published, 5_000);
    assert.equal(deliveries.acked, 5_000);
    assert.equal(stoppedBy, "idle");
    assert.equal(code, 0);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("main() counts what had not settled at a SIGTERM in the middle of a feed", async () => {
  await using fixture = new Fixture(
    ["run", "--feed", "orders=-", "--exit-when-idle", "--json"],
    { RUSTSTREAM_SLOW_MS: "20" },
  );
  fixture.write(lines(200));
  await fixture.said(/started 4\n/);
  fixture.kill("SIGTERM");

  const { code, stdout, stderr } = await fixture.ended;

  const { deliveries, lines: counted, feeds } = JSON.parse(stdout);
  assert.match(stderr, /Got SIGTERM: draining/);
  assert.equal(counted.published, 200);
  assert.equal(feeds[0].ended, false);
  assert.ok(deliveries.acked >= 4 && deliveries.acked < 200);
  assert.equal(deliveries.notSettled, 200 - deliveries.acked);
  assert.equal(code, 1);
});

test("main() lets a handler finish after SIGINT, though the feed is still open", async () => {
  await using fixture = new Fixture(
    ["run", "--feed", "orders=-", "--json"],
    { RUSTSTREAM_SLOW_MS: "200" },
  );
  fixture.write(lines(1));
  await fixture.said(/started 1\n/);
  fixture.kill("SIGINT");

  const { code, stdout } = await fixture.ended;

  const { deliveries, stoppedBy } = JSON.parse(stdout);
  assert.equal(deliveries.acked, 1);
  assert.equal(deliveries.notSettled, 0);
  assert.equal(stoppedBy, "SIGINT");
  assert.equal(code, 0);
});

for (const [name, expected] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  test(`main() ends the process at once at a later second ${name}`, async () => {
    await using fixture = new Fixture(["run", "--feed", "orders=-"]);
    fixture.write('{"id":1,"fate":"hang"}\n');
    await fixture.said(/started 1\n/);
    fixture.kill(name);
    await fixture.said(/Got SIG/);
    // Sooner it would be an echo of the first.
    await systemClock.sleep(250);
    fixture.kill(name);

    const { code, stderr } = await fixture.ended;

    assert.match(stderr, /Stopped at once by a second signal/);
    assert.equal(code, expected);
  });
}

test("main() gives a handler that hangs no longer than --drain-ms", async () => {
  await using fixture = new Fixture(
    ["run", "--feed", "orders=-", "--drain-ms", "20", "--json"],
  );
  fixture.write('{"id":1,"fate":"hang"}\n');
  await fixture.said(/started 1\n/);
  fixture.kill("SIGTERM");

  const { code, stdout } = await fixture.ended;

  const { deliveries } = JSON.parse(stdout);
  assert.equal(deliveries.returned, 1);
  assert.equal(deliveries.notSettled, 1);
  assert.equal(code, 1);
});

test("main() exits with 2 where it was called wrongly", async () => {
  await using fixture = new Fixture(["run", "--fed", "orders=-"]);

  const { code, stdout, stderr } = await fixture.ended;

  assert.equal(
    stderr,
    'Cannot take "--fed": "run" has no such option; the nearest is "--feed"\n',
  );
  assert.equal(stdout, "");
  assert.equal(code, 2);
});

test("main() writes to nobody in silence", async () => {
  await using fixture = new Fixture(["describe", "--json"]);
  fixture.leave();

  const { code, stderr } = await fixture.ended;

  assert.equal(stderr, "");
  assert.equal(code, 0);
});

test("main() tails in a process of its own until SIGINT, and exits with 0", async () => {
  await using fixture = new Fixture(["tail", "orders"]);
  await fixture.said(/Tails "orders" on "memory"\n/);
  fixture.kill("SIGINT");

  const { code, stdout } = await fixture.ended;

  assert.equal(stdout, "");
  assert.equal(code, 0);
});

test("main() publishes each line of a pipe, and exits with 1 where one is bad", async () => {
  await using fixture = new Fixture(["publish", "orders", "-"]);
  fixture.write('{"id":1}\n{"id":');
  fixture.write("2}\nno");
  fixture.close();

  const { code, stdout, stderr } = await fixture.ended;

  assert.deepEqual(JSON.parse(stdout), {
    address: "orders",
    confirms: "stored",
    read: 3,
    notJson: 1,
    published: 2,
    failed: 0,
  });
  assert.equal(
    stderr,
    `Broker "memory" lives inside one process: this command has one of its own, and reaches no running service; "run --feed ADDRESS=FILE" runs the service and feeds it
Cannot publish line 3 of "-": it is not JSON
`,
  );
  assert.equal(code, 1);
});

test("main() asks nobody, connects nothing, and starts nothing for --help", async () => {
  await using fixture = new Fixture(["dead-letters", "redrive", "--help"]);

  const { code, stdout, stderr } = await fixture.ended;

  assert.match(stdout, /\n {2}--older-than TIME {2}/);
  assert.equal(stderr, "");
  assert.equal(code, 0);
});
