import { checks, conformance } from "@ruststream/conformance";
import { type Test, test } from "@ruststream/conformance/runner";
import { bench } from "./conformance_bench.ts";

/** What differs most between servers and runtimes, each of it quickly tried. */
const smoke: ReadonlySet<string> = new Set([
  "batches/never-more",
  "bodies/largest",
  "bodies/too-large",
  "cut/settle-while-away",
  "cut/subscription-goes-on",
  "events/cut",
  "groups/member-leaves",
  "groups/share",
  "headers/non-ascii",
  "headers/repeated",
  "ladder/every-state",
  "ladder/shutdown-flushes-acks",
  "ladder/shutdown-flushes-publishes",
  "order/one-publisher",
  "publish/flood",
  "publish/survives-restart",
  "schedules/not-sooner",
  "seek/back",
  "seek/unknown-position",
  "settle/ack-holds-for-others",
  "settle/out-of-order",
  "settle/release-comes-back",
  "settle/retry-counts",
  "settle/retry-not-sooner",
  "settle/twice",
  "settle/unsettled-returns",
  "signals/subscribe",
  "subscription/cancel-hands-back",
  "subscription/dispose-gives-back",
  "subscription/drain-gives-what-arrived",
  "subscription/given-up-read",
  "subscription/not-read-ahead",
  "subscription/patterns",
  "transactions/all-in-order",
]);

const onDeno = "Deno" in globalThis;

const smokeOnly: Test = (name, body, options = {}) => {
  const small = name.endsWith("the count") ||
    smoke.has(name.slice(name.indexOf(": ") + 2));
  test(name, body, {
    ...options,
    ...(!small && {
      skip: options.skip ?? "all checks run on Deno, a few of them here",
    }),
  });
};

// The servers end with this process.
for (const generation of ["newest", "2.10", "2.9"] as const) {
  const settings = await bench({ generation });
  await conformance(
    generation === "newest"
      ? { ...settings, test: onDeno ? test : smokeOnly }
      : { ...settings, checks: checks.filter(({ id }) => smoke.has(id)) },
  );
}
