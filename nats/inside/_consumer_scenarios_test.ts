import {
  consumer,
  fill,
  progress,
  type Scenarios,
  shownConsumer,
  state,
  stream,
} from "./_scenario_kit_test.ts";

/** Consumers, and what they leave in their stream. */
export const consumerScenarios: Scenarios = {
  async "consumer: create, again, differently, look, delete"(raw) {
    await stream(raw, "K");
    await fill(raw, "K.a", "1", "2");
    await fill(raw, "K.b", "3");
    await shownConsumer(raw, "K", "one");
    await shownConsumer(raw, "K", "one");
    await shownConsumer(raw, "K", "one", { max_ack_pending: 7 });
    await raw.look("CONSUMER.CREATE.K.one", ["config"], {
      stream_name: "K",
      action: "update",
      config: {
        name: "one",
        durable_name: "one",
        ack_policy: "explicit",
        deliver_policy: "all",
        max_ack_pending: 9,
      },
    });
    await raw.look("CONSUMER.CREATE.K.one", ["config"], {
      stream_name: "K",
      config: { name: "one", durable_name: "one", ack_policy: "none" },
    });
    await raw.look("CONSUMER.CREATE.K.none", ["config"], {
      stream_name: "K",
      action: "update",
      config: { name: "none", durable_name: "none", ack_policy: "explicit" },
    });
    await raw.look("CONSUMER.CREATE.K.f.K.a", ["config"], {
      stream_name: "K",
      action: "create",
      config: { name: "f", ack_policy: "explicit", filter_subject: "K.a" },
    });
    await raw.look("CONSUMER.CREATE.K.g.K.a", ["config"], {
      stream_name: "K",
      config: { name: "g", ack_policy: "explicit", filter_subject: "K.b" },
    });
    await shownConsumer(raw, "K", "out", { filter_subject: "Z.a" });
    await shownConsumer(raw, "K", "two", { filter_subjects: ["K.a", "K.b"] });
    await shownConsumer(raw, "K", "three", { filter_subjects: ["K.a", "K.*"] });
    await shownConsumer(raw, "K", "four", {
      backoff: [raw.nanos(100), raw.nanos(200)],
      max_deliver: 2,
    });
    await shownConsumer(raw, "K", "five", {
      backoff: [raw.nanos(100), raw.nanos(200)],
      max_deliver: 3,
    });
    await shownConsumer(raw, "K", "bad", { ack_policy: "maybe" });
    await raw.look("CONSUMER.CREATE.K.unlike", ["config"], {
      stream_name: "K",
      config: { name: "other", ack_policy: "explicit" },
    });
    await raw.look("CONSUMER.CREATE.NO.x", ["config"], {
      stream_name: "NO",
      config: { name: "x", ack_policy: "explicit" },
    });
    await raw.look("CONSUMER.CREATE.K.x", ["config"], {
      stream_name: "NO",
      config: { name: "x", ack_policy: "explicit" },
    });
    await raw.api("CONSUMER.CREATE.K.x", "{");
    await progress(raw, "K.one");
    await progress(raw, "K.zzz");
    await progress(raw, "NO.one");
    await raw.api("CONSUMER.NAMES.K");
    await raw.api("CONSUMER.DELETE.K.one");
    await raw.api("CONSUMER.DELETE.K.one");
    await raw.api("CONSUMER.DELETE.NO.one");
    await state(raw, "K");
  },

  async "told: what comes, changes and goes"(raw) {
    raw.listen("told", "$JS.EVENT.ADVISORY.*.*.J.>");
    raw.listen("streams", "$JS.EVENT.ADVISORY.STREAM.*.J");
    await stream(raw, "J");
    await stream(raw, "J");
    await raw.look("STREAM.UPDATE.J", [], {
      name: "J",
      subjects: ["J.>"],
      max_msgs: 3,
    });
    await consumer(raw, "J", "c");
    await consumer(raw, "J", "c");
    await raw.api("CONSUMER.DELETE.J.c");
    await consumer(raw, "J", "d");
    await raw.heard("told");
    await raw.api("STREAM.DELETE.J");
    await raw.heard("told");
    await raw.heard("streams");
  },

  async "consumer: what its stream allows"(raw) {
    await stream(raw, "CL", {
      consumer_limits: {
        max_ack_pending: 5,
        inactive_threshold: raw.nanos(9_000),
      },
      max_consumers: 2,
    });
    await shownConsumer(raw, "CL", "plain");
    await shownConsumer(raw, "CL", "more", { max_ack_pending: 6 });
    await shownConsumer(raw, "CL", "long", {
      inactive_threshold: raw.nanos(10_000),
    });
    await shownConsumer(raw, "CL", "less", {
      max_ack_pending: 4,
      inactive_threshold: raw.nanos(8_000),
    });
    await shownConsumer(raw, "CL", "third", {
      max_ack_pending: 4,
      inactive_threshold: raw.nanos(8_000),
    });
  },

  async "consumer: where it begins, and its other settings"(raw) {
    await stream(raw, "V");
    await fill(raw, "V.a", "1", "2");
    await fill(raw, "V.b", "3");
    await shownConsumer(raw, "V", "six", { deliver_policy: "last" });
    await shownConsumer(raw, "V", "seven", { deliver_policy: "new" });
    await shownConsumer(raw, "V", "eight", {
      deliver_policy: "last_per_subject",
      filter_subject: "V.>",
    });
    await shownConsumer(raw, "V", "eight2", {
      deliver_policy: "last_per_subject",
    });
    await shownConsumer(raw, "V", "nine", {
      deliver_policy: "by_start_sequence",
      opt_start_seq: 2,
    });
    await shownConsumer(raw, "V", "nine2", {
      deliver_policy: "by_start_sequence",
    });
    await shownConsumer(raw, "V", "nine3", {
      deliver_policy: "all",
      opt_start_seq: 2,
    });
    await shownConsumer(raw, "V", "ten", {
      deliver_policy: "by_start_time",
      opt_start_time: "2020-01-01T00:00:00Z",
    });
    await shownConsumer(raw, "V", "meta", { metadata: { a: "b" } });
    await shownConsumer(raw, "V", "small", {
      max_batch: 2,
      max_expires: raw.nanos(2_000),
      max_bytes: 10,
      max_waiting: 2,
    });
    await shownConsumer(raw, "V", "mem", {
      mem_storage: true,
      num_replicas: 1,
      description: "words",
      inactive_threshold: raw.nanos(5_000),
    });
    await shownConsumer(raw, "V", "wait", {
      ack_wait: raw.nanos(1_000),
      sample_freq: "50",
      headers_only: true,
    });
  },

  async "retention: workqueue and interest"(raw) {
    await stream(raw, "Q", { retention: "workqueue" });
    await consumer(raw, "Q", "c", { filter_subject: "Q.a" });
    await consumer(raw, "Q", "d", { filter_subject: "Q.*" });
    await consumer(raw, "Q", "d");
    await consumer(raw, "Q", "d", { filter_subject: "Q.b" });
    await consumer(raw, "Q", "e", {
      filter_subject: "Q.c",
      ack_policy: "none",
    });
    await consumer(raw, "Q", "e", {
      filter_subject: "Q.c",
      deliver_policy: "new",
    });
    await fill(raw, "Q.a", "1", "2", "3");
    await raw.pull("p", "Q.c", { batch: 3, no_wait: true });
    await raw.heard("p");
    await raw.settle("p", 1, "+ACK");
    await raw.settle("p", 2, "+TERM");
    await raw.pass();
    await state(raw, "Q");
    await stream(raw, "I", { retention: "interest" });
    await fill(raw, "I.a", "1");
    await state(raw, "I");
    await consumer(raw, "I", "c");
    await consumer(raw, "I", "d", { filter_subject: "I.a" });
    await fill(raw, "I.a", "2");
    await fill(raw, "I.b", "3");
    await raw.pull("c", "I.c", { batch: 9, no_wait: true });
    await raw.heard("c");
    await raw.settle("c", 2, "+ACK");
    await raw.settle("c", 3, "+ACK");
    await raw.pass();
    await state(raw, "I");
    await raw.pull("d", "I.d", { batch: 9, no_wait: true });
    await raw.heard("d");
    await raw.settle("d", 2, "+ACK");
    await raw.pass();
    await state(raw, "I");
    await fill(raw, "I.a", "4");
    await raw.pull("c", "I.c", { batch: 9, no_wait: true });
    await raw.heard("c");
    await raw.settle("c", 4, "+ACK");
    await raw.api("CONSUMER.DELETE.I.d");
    await raw.pass();
    await state(raw, "I");
  },

  async "consumer: ephemeral, ack none, all, and idle"(raw) {
    await stream(raw, "X");
    await fill(raw, "X.a", "1", "2", "3");
    await raw.look("CONSUMER.CREATE.X.e", ["config"], {
      stream_name: "X",
      action: "create",
      config: {
        name: "e",
        ack_policy: "none",
        deliver_policy: "all",
        max_deliver: 1,
        mem_storage: true,
        num_replicas: 1,
        inactive_threshold: raw.nanos(300),
      },
    });
    await raw.pull("e", "X.e", { batch: 2, no_wait: true });
    await raw.heard("e");
    await progress(raw, "X.e");
    await raw.pass(200);
    await progress(raw, "X.e");
    await raw.pass(1_700);
    await progress(raw, "X.e");
    await consumer(raw, "X", "all", { ack_policy: "all" });
    await raw.pull("a", "X.all", { batch: 3, no_wait: true });
    await raw.heard("a");
    await raw.settle("a", 2, "+ACK");
    await raw.pass();
    await progress(raw, "X.all");
    await consumer(raw, "X", "ho", { headers_only: true });
    await raw.ask("X.b", "body", { "X-One": "1" });
    await raw.pull("h", "X.ho", { batch: 9, no_wait: true });
    await raw.heard("h");
    await consumer(raw, "X", "lps", {
      deliver_policy: "last_per_subject",
      filter_subject: "X.>",
    });
    await raw.pull("l", "X.lps", { batch: 9, no_wait: true });
    await raw.heard("l");
    await consumer(raw, "X", "last", { deliver_policy: "last" });
    await raw.pull("z", "X.last", { batch: 9, no_wait: true });
    await raw.heard("z");
    await consumer(raw, "X", "far", {
      deliver_policy: "by_start_sequence",
      opt_start_seq: 99,
    });
    await raw.pull("y", "X.far", { batch: 9, no_wait: true });
    await raw.heard("y");
    await consumer(raw, "X", "new", { deliver_policy: "new" });
    await fill(raw, "X.a", "9");
    await raw.pull("w", "X.new", { batch: 9, no_wait: true });
    await raw.heard("w");
    await raw.api("STREAM.MSG.DELETE.X", { seq: 5 });
    await raw.pull("y", "X.far", { batch: 9, no_wait: true });
    await raw.heard("y");
    await progress(raw, "X.new");
  },

  async "purge and delete below a consumer"(raw) {
    await stream(raw, "U");
    await consumer(raw, "U", "c", { ack_wait: raw.nanos(200) });
    await fill(raw, "U.a", "1", "2", "3", "4");
    await raw.pull("p", "U.c", { batch: 2, no_wait: true });
    await raw.heard("p");
    await raw.api("STREAM.MSG.DELETE.U", { seq: 3 });
    await progress(raw, "U.c");
    await raw.api("STREAM.PURGE.U");
    await raw.pass();
    await progress(raw, "U.c");
    await raw.pull("p", "U.c", { batch: 5, expires: raw.nanos(900) });
    await raw.heard("p", 300);
    await fill(raw, "U.a", "5");
    await raw.heard("p");
  },
};
