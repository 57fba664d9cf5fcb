import { checks, conformance, runConformance } from "@ruststream/conformance";
import {
  test,
  type TestBody,
  type TestOptions,
} from "@ruststream/conformance/runner";
import type { Fault } from "@ruststream/core/testing";
import { faulty, VirtualClock } from "@ruststream/core/testing";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import { benchOf } from "./_mutants_test.ts";

const never = (): Promise<never> => new Promise(() => {});

const hangs: Readonly<Record<string, Fault>> = {
  subscribe: { breaks: "", connection: () => ({ subscribe: never }) },
  shutdown: { breaks: "", connection: () => ({ shutdown: never }) },
  connect: { breaks: "", broker: () => ({ connect: never }) },
};

const hangsLater: Readonly<Record<string, Fault>> = {
  publish: { breaks: "", publisher: () => ({ publish: never }) },
  request: {
    breaks: "",
    publisher: () => ({ request: never }),
    connection: () => ({ request: never }),
  },
  begin: { breaks: "", publisher: () => ({ begin: never }) },
  settle: { breaks: "", delivery: () => ({ settle: never }) },
  read: { breaks: "", reader: () => ({ read: never }) },
  cancel: { breaks: "", reader: () => ({ cancel: never }) },
  drain: { breaks: "", subscription: () => ({ drain: never }) },
  backlog: { breaks: "", subscription: () => ({ backlog: never }) },
  dispose: {
    breaks: "",
    subscription: () => ({ [Symbol.asyncDispose]: never }),
  },
};

for (const [method, fault] of Object.entries(hangs)) {
  test(`a broker that hangs in ${method}() is told before the first check`, async () => {
    const broker = (): MemoryBroker => faulty(new MemoryBroker(), fault);

    await assert.rejects(
      runConformance({ ...benchOf("memory"), broker, deadlineMs: 500 }),
      { name: "ConformanceError" },
    );
  });
}

for (const [method, fault] of Object.entries(hangsLater)) {
  test(`a broker that hangs in ${method}() fails checks, and hangs nothing`, async () => {
    const broker = (): MemoryBroker => faulty(new MemoryBroker(), fault);

    const { results } = await runConformance({
      ...benchOf("memory"),
      broker,
      deadlineMs: 100,
      checks: checks.filter(({ id, rule }) =>
        rule !== 10 && rule !== 11 && id !== "subscription/many"
      ),
    });

    const failed = results.filter(({ status }) => status === "failed");
    assert.ok(failed.length > 0);
    assert.ok(failed.every(({ error }) => error instanceof Error));
  });
}

test("conformance() registers each check, skips with a reason, and prints the count", async () => {
  const lines: string[] = [];
  const registered: [string, TestBody, TestOptions | undefined][] = [];

  await conformance({
    broker: () => new MemoryBroker(),
    clock: () => new VirtualClock(),
    checks: checks.filter(({ id }) => /^(bodies|seek)\//.test(id)),
    test: (...given) => void registered.push([given[0], given[1], given[2]]),
    print: (line) => void lines.push(line),
  });
  for (const [, body, { skip } = {}] of registered) {
    if (skip === undefined) await body();
  }

  const skipped = registered.filter(([, , options]) => options?.skip);
  assert.equal(skipped.length, 7);
  assert.equal(
    lines.at(-1),
    "memory: 11 checks: 4 passed, 0 failed, 7 not claimed",
  );
  assert.ok(lines.includes("  not claimed: seek/back: it has no seek"));
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
