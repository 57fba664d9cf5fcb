import { MemoryDeduplicationStore } from "@ruststream/core/middleware";
import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";

const claim = (id: string, owner = "a", at = 0) => ({
  id,
  owner,
  at,
  claimMs: 100,
});

test("MemoryDeduplicationStore lets one run have an id, until it ends that or the claim is old", () => {
  const store = new MemoryDeduplicationStore();

  assert.equal(store.claim(claim("x")), "claimed");
  assert.equal(store.claim(claim("x", "b", 99)), "busy");
  assert.equal(store.claim(claim("y", "b", 99)), "claimed");
  assert.equal(store.claim(claim("x", "b", 100)), "claimed");
  // The first one is late: it takes nothing from the second.
  store.forget(claim("x", "a", 100));
  assert.equal(store.claim(claim("x", "c", 101)), "busy");
  store.forget(claim("x", "b", 101));
  assert.equal(store.claim(claim("x", "c", 101)), "claimed");
});

test("MemoryDeduplicationStore lets each claim hold as long as it says", () => {
  const store = new MemoryDeduplicationStore();
  store.claim({ ...claim("long"), claimMs: 1_000 });
  store.claim(claim("short"));

  assert.equal(store.claim(claim("short", "b", 150)), "claimed");
  assert.equal(store.claim(claim("long", "b", 150)), "busy");
});

test("MemoryDeduplicationStore answers its methods twice as once", () => {
  const store = new MemoryDeduplicationStore();

  assert.equal(store.claim(claim("x")), "claimed");
  assert.equal(store.claim(claim("x")), "claimed");
  store.done(claim("x"));
  store.done(claim("x"));
  store.forget(claim("x"));

  assert.deepEqual([store.claim(claim("x")), store.size], ["done", 1]);
});

test("MemoryDeduplicationStore remembers what is done by a run whose claim was old", () => {
  const store = new MemoryDeduplicationStore();
  store.claim(claim("x"));
  store.claim(claim("x", "b", 200));

  store.done(claim("x", "a", 201));

  assert.equal(store.claim(claim("x", "c", 202)), "done");
});

test("MemoryDeduplicationStore forgets the oldest above its number", () => {
  const store = new MemoryDeduplicationStore({ maxIds: 2 });
  for (const id of ["x", "y", "z"]) store.done(claim(id));

  assert.equal(store.size, 2);
  assert.deepEqual(
    ["x", "y", "z"].map((id) => store.claim(claim(id))),
    ["claimed", "done", "done"],
  );
});

test("MemoryDeduplicationStore forgets what is too old", () => {
  const store = new MemoryDeduplicationStore({ keepMs: 1_000 });
  store.done(claim("x"));
  store.done(claim("y", "a", 500));

  assert.equal(store.claim(claim("x", "b", 999)), "done");
  assert.equal(store.claim(claim("x", "b", 1_000)), "claimed");
  assert.equal(store.size, 1);
});

for (
  const [options, message] of [
    [{ maxIds: 0 }, /maxIds must be a whole number of at least 1, found 0/],
    [{ maxIds: Infinity }, /maxIds must be/],
    [{ keepMs: 0 }, /keepMs must be a finite number above 0, found 0/],
  ] as const
) {
  test(`MemoryDeduplicationStore refuses ${Object.entries(options)}`, () => {
    assert.throws(() => new MemoryDeduplicationStore(options), {
      name: "RangeError",
      message,
    });
  });
}
