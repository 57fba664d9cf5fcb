import { checks, conformance, runConformance } from "@ruststream/conformance";
import {
  test,
  type TestBody,
  type TestOptions,
} from "@ruststream/conformance/runner";
import { faulty, VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";

const never = (): Promise<never> => new Promise(() => {});

test("conformance() registers each check, skips with a reason, and prints the count", async () => {
  const lines: string[] = [];
  const registered: [string, TestBody, TestOptions | undefined][] = [];

  await conformance({
    broker: () => new MemoryBroker(),
    clock: () => new VirtualClock(),
    checks: checks.filter(({ rule }) => rule === 11),
    test: (...given) => void registered.push([given[0], given[1], given[2]]),
    print: (line) => void lines.push(line),
  });
  for (const [, body, { skip } = {}] of registered) {
    if (skip === undefined) await body();
  }

  const skipped = registered.filter(([, , options]) => options?.skip);
  assert.equal(skipped.length, 2);
  assert.equal(
    lines.at(-1),
    "memory: 6 checks: 4 passed, 0 failed, 2 not claimed",
  );
  assert.ok(
    lines.includes(
      "  not claimed: bodies/largest: the bench has no maxBodyBytes",
    ),
  );
});

test("conformance() registers a test that fails where the broker cannot be connected to", async () => {
  const bodies: TestBody[] = [];

  await conformance({
    broker: () =>
      faulty(new MemoryBroker(), {
        breaks: "",
        broker: () => ({ connect: never }),
      }),
    clock: () => new VirtualClock(),
    test: (_, body) => void bodies.push(body),
  });

  assert.equal(bodies.length, 1);
  assert.throws(() => bodies[0]?.(), { name: "ConformanceError" });
});

test("runConformance() fails a check that leaves a timer on the clock it was given", async () => {
  const { results } = await runConformance({
    broker: () =>
      faulty(new MemoryBroker(), {
        breaks: "A connection leaves a timer.",
        connection: (_, { clock }) => {
          clock?.after(60_000, () => {});
          return {};
        },
      }),
    clock: () => new VirtualClock(),
    checks: checks.filter(({ id }) => id === "publish/arrives"),
  });

  assert.match(String(results[0]?.error), /timers .*: expected 0, found 1/);
});
