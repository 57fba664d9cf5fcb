import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { CountingClock, isFlat, ListenerCount } from "./soak_ground.ts";

const mib = 1_048_576;

test("CountingClock counts timers until they have run, or were taken back", async () => {
  const clock = new CountingClock();
  const cancel = clock.after(60_000, () => {});
  const slept = clock.sleep(1);
  const ran = Promise.withResolvers<void>();
  clock.after(1, ran.resolve);
  const armed = clock.armed;

  cancel();
  cancel();
  await Promise.all([slept, ran.promise]);

  assert.equal(armed, 3);
  assert.equal(clock.armed, 0);
});

test("ListenerCount counts listeners on signals that have not fired", () => {
  using listening = new ListenerCount();
  const [one, two] = [new AbortController(), new AbortController()];
  const listener = (): void => {};

  one.signal.addEventListener("abort", listener);
  two.signal.addEventListener("abort", listener);
  const both = listening.open;
  one.signal.removeEventListener("abort", listener);
  const left = listening.open;
  two.abort();

  assert.deepEqual([both, left, listening.open], [2, 1, 0]);
});

test("isFlat() tells a heap that grows from one that goes up and down", () => {
  const waves = Array.from({ length: 40 }, (_, i) => (10 + i % 3) * mib);
  const slope = Array.from({ length: 40 }, (_, i) => (10 + i / 4) * mib);

  assert.ok(isFlat(waves));
  assert.ok(!isFlat(slope));
  assert.ok(!isFlat([]));
});
