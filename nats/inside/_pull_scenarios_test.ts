import {
  consumer,
  fill,
  progress,
  type Scenarios,
  shownConsumer,
  stream,
} from "./_scenario_kit_test.ts";

/** What is asked for, and how it is settled. */
export const pullScenarios: Scenarios = {
  async "pull: what a request brings"(raw) {
    await stream(raw, "R");
    await consumer(raw, "R", "c");
    await raw.pull("p", "R.c");
    await raw.heard("p");
    await fill(raw, "R.a", "1");
    await raw.heard("p");
    await raw.pull("p", "R.c", { batch: 2, no_wait: true });
    await raw.heard("p");
    await fill(raw, "R.a", "2", "3", "4");
    await raw.pull("p", "R.c", { batch: 2, no_wait: true });
    await raw.heard("p");
    await raw.pull("p", "R.c", { batch: 5, no_wait: true });
    await raw.heard("p");
    await raw.pull("p", "R.c", {
      batch: 5,
      no_wait: true,
      expires: raw.nanos(300),
    });
    await raw.heard("p");
    await fill(raw, "R.a", "5");
    await raw.heard("p");
    await raw.heard("p", 400);
    await fill(raw, "R.a", "6", "7", "8");
    await raw.pull("p", "R.c", {
      batch: 5,
      no_wait: true,
      expires: raw.nanos(300),
    });
    await raw.heard("p");
    await raw.heard("p", 400);
    await raw.pull("p", "R.c", { batch: 3, expires: raw.nanos(200) });
    await fill(raw, "R.a", "9");
    await raw.heard("p");
    await raw.heard("p", 300);
    await raw.pull("p", "R.c", {
      batch: 3,
      expires: raw.nanos(500),
      idle_heartbeat: raw.nanos(200),
    });
    await raw.heard("p", 650);
    await raw.pull("p", "R.c", "2");
    await raw.heard("p");
    await fill(raw, "R.a", "10", "11", "12");
    await raw.heard("p");
    await raw.pull("p", "R.c", {
      batch: 3,
      max_bytes: 20,
      expires: raw.nanos(300),
    });
    await raw.heard("p", 400);
  },

  async "pull: what is refused"(raw) {
    await stream(raw, "E");
    await consumer(raw, "E", "c", {
      max_batch: 2,
      max_expires: raw.nanos(1_000),
      max_waiting: 2,
      max_bytes: 100,
    });
    await raw.pull("p", "E.c", { batch: 3 });
    await raw.heard("p");
    await raw.pull("p", "E.c", { batch: 1, expires: raw.nanos(2_000) });
    await raw.heard("p");
    await raw.pull("p", "E.c", { batch: 1, max_bytes: 200 });
    await raw.heard("p");
    await raw.pull("p", "E.c", { batch: 1, idle_heartbeat: raw.nanos(200) });
    await raw.heard("p");
    await raw.pull("p", "E.c", {
      batch: 1,
      expires: raw.nanos(300),
      idle_heartbeat: raw.nanos(200),
    });
    await raw.heard("p");
    await raw.pull("p", "E.c", "nonsense");
    await raw.heard("p");
    await raw.pull("p", "E.c", { batch: -1 });
    await raw.heard("p");
    await raw.pull("p", "E.gone", { batch: 1 });
    await raw.heard("p");
    await raw.pull("q1", "E.c", { batch: 1, expires: raw.nanos(900) });
    await raw.pull("q2", "E.c", { batch: 1, expires: raw.nanos(900) });
    await raw.pull("q3", "E.c", { batch: 1, expires: raw.nanos(900) });
    await raw.heard("q3");
    raw.deaf("q1");
    await raw.pass();
    await raw.pull("q4", "E.c", { batch: 1, expires: raw.nanos(900) });
    await raw.heard("q4");
    await fill(raw, "E.a", "1");
    await raw.heard("q2");
    await raw.heard("q4");
    await raw.api("CONSUMER.DELETE.E.c");
    await raw.heard("q4");
    await stream(raw, "EE");
    await consumer(raw, "EE", "c");
    await raw.pull("r", "EE.c", { batch: 1, expires: raw.nanos(900) });
    await raw.api("STREAM.DELETE.EE");
    await raw.heard("r");
  },

  async "pull: several wait"(raw) {
    await stream(raw, "W");
    await consumer(raw, "W", "c", { ack_wait: raw.nanos(9_000) });
    await raw.pull("a", "W.c", { batch: 2, expires: raw.nanos(9_000) });
    await raw.pull("b", "W.c", { batch: 2, expires: raw.nanos(9_000) });
    await fill(raw, "W.a", "1", "2", "3");
    await raw.heard("a");
    await raw.heard("b");
    await raw.pull("n", "W.c", { batch: 1, no_wait: true });
    await raw.heard("n");
    await raw.pull("n", "W.c", {
      batch: 1,
      no_wait: true,
      expires: raw.nanos(2_000),
    });
    await raw.heard("n");
    await fill(raw, "W.a", "4", "5");
    await raw.heard("n");
    await raw.heard("b");
    await raw.pull("a", "W.c", { batch: 2, expires: raw.nanos(9_000) });
    raw.deaf("a");
    await raw.pull("b", "W.c", { batch: 2, expires: raw.nanos(9_000) });
    await fill(raw, "W.a", "6");
    await raw.heard("b");
    await raw.heard("n");
    await progress(raw, "W.c");
  },

  async "settle: ack, nak, term, progress and what is neither"(raw) {
    await stream(raw, "A");
    await consumer(raw, "A", "c", { ack_wait: raw.nanos(400) });
    raw.listen("told", "$JS.EVENT.ADVISORY.CONSUMER.*.A.>");
    await fill(raw, "A.a", "1", "2", "3", "4", "5", "6");
    await raw.pull("p", "A.c", { batch: 6, expires: raw.nanos(5_000) });
    await raw.heard("p");
    await raw.settle("p", 1, "+ACK");
    await raw.settle("p", 1, "+ACK", "asked");
    await raw.settle("p", 2, "+TERM");
    await raw.settle("p", 3, "+TERM because");
    await raw.settle("p", 4, "-NAK");
    await raw.settle("p", 5, `-NAK {"delay": ${raw.nanos(150)}}`);
    await raw.settle("p", 6, "+NONSENSE", "asked");
    await raw.pull("p", "A.c", { batch: 9, expires: raw.nanos(9_000) });
    await raw.heard("p");
    await raw.heard("p", 200);
    await raw.settle("p", 4, "+ACK");
    await raw.settle("p", 4, "-NAK");
    await raw.settle("p", 5, "+WPI");
    await raw.heard("p", 300);
    await progress(raw, "A.c");
    await raw.heard("p", 150);
    await raw.settle("p", 5, "-NAK", "asked");
    await raw.heard("p");
    await raw.settle("p", 5, "+TERM", "asked");
    await raw.settle("p", 5, "+WPI", "asked");
    await raw.settle("p", 6, "", "asked");
    await raw.settle("p", 3, "+ACK");
    await raw.heard("p", 600);
    await progress(raw, "A.c");
    await raw.heard("told");
  },

  async "settle: max_deliver and backoff"(raw) {
    await stream(raw, "B");
    raw.listen("told", "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.B.>");
    await consumer(raw, "B", "twice", {
      max_deliver: 2,
      ack_wait: raw.nanos(200),
    });
    await fill(raw, "B.a", "1", "2");
    await raw.pull("p", "B.twice", { batch: 2 });
    await raw.heard("p");
    await raw.pull("p", "B.twice", { batch: 9, expires: raw.nanos(9_000) });
    await raw.settle("p", 1, "-NAK");
    await raw.heard("p");
    await raw.settle("p", 1, "-NAK");
    await raw.heard("p");
    await raw.heard("told");
    await raw.heard("p", 600);
    await raw.heard("told");
    await progress(raw, "B.twice");
    await consumer(raw, "B", "once", {
      max_deliver: 1,
      ack_wait: raw.nanos(200),
    });
    await raw.pull("o", "B.once", { batch: 1 });
    await raw.heard("o", 500);
    await raw.heard("told");
    await progress(raw, "B.once");
    await raw.pull("o", "B.once", { batch: 5, no_wait: true });
    await raw.heard("o");
    await raw.settle("o", 2, "-NAK");
    await raw.heard("o");
    await raw.heard("told");
    await progress(raw, "B.once");
    await consumer(raw, "B", "ladder", {
      backoff: [raw.nanos(150), raw.nanos(450)],
      max_deliver: 4,
    });
    await raw.pull("l", "B.ladder", { batch: 1, no_wait: true });
    await raw.heard("l");
    await raw.pull("l", "B.ladder", {
      batch: 9,
      expires: raw.nanos(9_000),
      max_bytes: 0,
    });
    await raw.heard("l", 80);
    await raw.settle("l", 2, "+ACK");
    await raw.heard("l", 100);
    await raw.heard("l", 300);
    await raw.heard("l", 250);
    await raw.settle("l", 1, "+ACK");
  },

  async "settle: max_ack_pending"(raw) {
    await stream(raw, "D");
    await fill(raw, "D.a", "1", "2", "3", "4");
    await consumer(raw, "D", "two", {
      max_ack_pending: 2,
      ack_wait: raw.nanos(400),
    });
    await raw.pull("m", "D.two", { batch: 9, expires: raw.nanos(9_000) });
    await raw.heard("m");
    await raw.pull("n", "D.two", { batch: 1, no_wait: true });
    await raw.heard("n");
    await raw.pull("n", "D.two", {
      batch: 1,
      no_wait: true,
      expires: raw.nanos(100),
    });
    await raw.heard("n", 150);
    await raw.settle("m", 1, "+ACK");
    await raw.heard("m");
    await raw.settle("m", 2, "-NAK");
    await raw.heard("m");
    await raw.settle("m", 3, "+TERM");
    await raw.heard("m");
    await progress(raw, "D.two");
    await consumer(raw, "D", "one", {
      max_ack_pending: 1,
      ack_wait: raw.nanos(9_000),
    });
    await raw.pull("x", "D.one", { batch: 1 });
    await raw.heard("x");
    await raw.pull("x", "D.one", { batch: 1, no_wait: true });
    await raw.heard("x");
  },

  async "2.11: one client is served alone"(raw) {
    await stream(raw, "PIN");
    const own = {
      priority_policy: "pinned_client",
      priority_groups: ["own"],
      priority_timeout: raw.nanos(300),
    };
    await shownConsumer(raw, "PIN", "c", own);
    await shownConsumer(raw, "PIN", "o", {
      priority_policy: "overflow",
      priority_groups: ["own"],
    });
    await consumer(raw, "PIN", "n", { priority_groups: ["own"] });
    await fill(raw, "PIN.a", "1", "2", "3", "4", "5");
    await raw.pull("none", "PIN.c", { batch: 1, no_wait: true });
    await raw.pull("other", "PIN.c", { batch: 1, group: "other" });
    await raw.heard("other");
    const asked = { batch: 2, group: "own", expires: raw.nanos(2_000) };
    await raw.pull("a", "PIN.c", asked);
    await raw.pull("b", "PIN.c", asked);
    await raw.heard("a");
    await raw.heard("b");
    await raw.pull("w", "PIN.c", { ...asked, id: "nonsense" });
    await raw.heard("w");
    // It falls silent, and another takes over.
    await raw.pass(400);
    await raw.heard("b");
    await raw.heard("a");
    const few = { batch: 1, group: "own", no_wait: true, min_pending: 9 };
    await raw.pull("few", "PIN.o", { ...few, expires: raw.nanos(100) });
    await raw.heard("few", 150);
    await raw.pull("many", "PIN.o", { ...few, min_pending: 5 });
    await raw.heard("many");
  },
};
