import {
  consumer,
  type Scenarios,
  state,
  stream,
} from "./_scenario_kit_test.ts";

/** What a stream does with what is published to it. */
export const publishScenarios: Scenarios = {
  async "publish: receipts, duplicates and expectations"(raw) {
    await stream(raw, "P", { duplicate_window: raw.nanos(300) });
    await raw.ask("P.a", "1");
    await raw.ask("P.a", "2", { "Nats-Msg-Id": "x" });
    await raw.ask("P.b", "2 again", { "Nats-Msg-Id": "x" });
    await raw.ask("P.a", "3", { "Nats-Expected-Stream": "Q" });
    await raw.ask("P.a", "3", { "Nats-Expected-Stream": "P" });
    await raw.ask("P.a", "4", { "Nats-Expected-Last-Sequence": "9" });
    await raw.ask("P.a", "4", { "Nats-Expected-Last-Sequence": "3" });
    await raw.ask("P.a", "5", { "Nats-Expected-Last-Msg-Id": "y" });
    await raw.ask("P.a", "5", { "Nats-Expected-Last-Msg-Id": "x" });
    await raw.ask("P.a", "5", { "Nats-Msg-Id": "z" });
    await raw.ask("P.a", "6", { "Nats-Expected-Last-Msg-Id": "z" });
    await raw.ask("P.b", "7", { "Nats-Expected-Last-Subject-Sequence": "1" });
    await raw.ask("P.b", "7", { "Nats-Expected-Last-Subject-Sequence": "0" });
    await raw.ask("P.b", "8", { "Nats-Expected-Last-Subject-Sequence": "0" });
    await raw.ask("P.b", "8", { "Nats-Expected-Last-Subject-Sequence": "7" });
    await raw.ask("P.a", "", { "Nats-Rollup": "all" });
    await raw.ask("P.a", "ttl", { "Nats-TTL": "1s" });
    await raw.ask("P.a", "dup first", {
      "Nats-Msg-Id": "x",
      "Nats-Expected-Last-Sequence": "9",
    });
    await raw.pass(700);
    await raw.ask("P.a", "x is new again", { "Nats-Msg-Id": "x" });
    await raw.ask("P.a", "id and wrong", {
      "Nats-Msg-Id": "w",
      "Nats-Expected-Last-Sequence": "99",
    });
    await raw.ask("P.a", "id again", { "Nats-Msg-Id": "w" });
    await state(raw, "P");
  },

  async "2.11: time to live of a message"(raw) {
    await stream(raw, "T", { allow_msg_ttl: true });
    await raw.ask("T.a", "1", { "Nats-TTL": "1s" });
    await raw.ask("T.a", "2", { "Nats-TTL": "never" });
    await raw.ask("T.a", "3", { "Nats-TTL": "soon" });
    await raw.ask("T.a", "4", { "Nats-TTL": "1" });
    await raw.ask("T.a", "5", { "Nats-TTL": "10ms" });
    await state(raw, "T", { subjects_filter: ">" });
    await raw.pass(1_700);
    await state(raw, "T", { deleted_details: true });
  },

  async "2.11: markers where the last of a subject expires"(raw) {
    const marked = { subject_delete_marker_ttl: 60_000_000_000 };
    await stream(raw, "TM", { ...marked, max_msgs_per_subject: 1 });
    await stream(raw, "TL", marked);
    await raw.ask("TL.a", "1", { "X-One": "1", "Nats-TTL": "1s" });
    await raw.ask("TL.a", "2", { "Nats-TTL": "2m" });
    await raw.api("STREAM.MSG.GET.TL", { seq: 1 });
    await raw.api("STREAM.MSG.GET.TL", { seq: 2 });
    await consumer(raw, "TM", "c");
    await raw.ask("TM.a", "1", { "Nats-TTL": "1s" });
    await raw.ask("TM.b", "2");
    await raw.ask("TM.b", "3", { "Nats-TTL": "1s" });
    await raw.ask("TM.c", "", { "Nats-TTL": "1s", "KV-Operation": "PURGE" });
    await raw.pass(1_700);
    await state(raw, "TM", { subjects_filter: ">" });
    await raw.api("STREAM.MSG.GET.TM", { last_by_subj: "TM.a" });
    await raw.api("STREAM.MSG.GET.TM", { last_by_subj: "TM.b" });
    await raw.api("STREAM.MSG.GET.TM", { last_by_subj: "TM.c" });
  },

  async "2.12: atomic batches"(raw) {
    await stream(raw, "Y", { allow_atomic: true });
    await stream(raw, "YN");
    const one = (id: string, seq: number, more = {}) => ({
      "Nats-Batch-Id": id,
      "Nats-Batch-Sequence": `${seq}`,
      ...more,
    });
    const commit = { "Nats-Batch-Commit": "1" };
    await raw.say("Y.a", "1", one("b1", 1));
    await state(raw, "Y");
    await raw.say("Y.b", "2", one("b1", 2));
    await raw.ask("Y.c", "3", one("b1", 3, commit));
    await raw.ask("Y.a", "4", one("b2", 1, commit));
    await raw.ask("Y.a", "5", one("b3", 1));
    await raw.ask("Y.a", "6", one("b3", 3, commit));
    await raw.ask("Y.a", "7", one("b4", 2, commit));
    await raw.ask("Y.a", "8", { "Nats-Batch-Id": "b5", ...commit });
    await raw.say("Y.a", "9", one("b6", 1));
    await raw.ask(
      "Y.a",
      "9",
      one("b6", 2, { ...commit, "Nats-Expected-Last-Sequence": "1" }),
    );
    await raw.ask("YN.a", "10", one("b7", 1, commit));
    await raw.ask("Y.a", "11", one("b8", 1, { ...commit, "Nats-Msg-Id": "x" }));
    await raw.ask("Y.a", "12", one("b9", 1, { ...commit, "Nats-Msg-Id": "x" }));
    await state(raw, "Y");
    await raw.api("STREAM.MSG.GET.Y", { seq: 3 });
  },

  async "2.12: schedules"(raw) {
    await stream(raw, "Z", { allow_msg_schedules: true });
    await stream(raw, "ZN");
    await consumer(raw, "Z", "c", { filter_subject: "Z.out" });
    await raw.ask("Z.later.1", "1", {
      "Nats-Schedule": "@at 2020-01-01T00:00:00Z",
      "Nats-Schedule-Target": "Z.out",
      "X-One": "1",
    });
    await raw.ask("Z.later.2", "2", {
      "Nats-Schedule": "@at yesterday",
      "Nats-Schedule-Target": "Z.out",
    });
    await raw.ask("Z.later.3", "3", {
      "Nats-Schedule": "@at 2020-01-01T00:00:00Z",
    });
    await raw.ask("Z.later.4", "4", {
      "Nats-Schedule": "@at 2020-01-01T00:00:00Z",
      "Nats-Schedule-Target": "elsewhere",
    });
    await raw.ask("ZN.later", "5", {
      "Nats-Schedule": "@at 2020-01-01T00:00:00Z",
      "Nats-Schedule-Target": "ZN.out",
    });
    await raw.ask("Z.later.6", "6", {
      "Nats-Schedule": "@at 2199-01-01T00:00:00Z",
      "Nats-Schedule-Target": "Z.out",
    });
    for (const body of ["7", "7 again"]) {
      await raw.ask("Z.later.7", body, {
        "Nats-Schedule": "@at 2020-01-01T00:00:00Z",
        "Nats-Schedule-Target": "Z.out",
        "Nats-Msg-Id": "seven",
        "Nats-Expected-Stream": "Z",
      });
    }
    await raw.pass(1_200);
    await raw.pull("p", "Z.c", { batch: 9, no_wait: true });
    await raw.heard("p");
    await state(raw, "Z", { subjects_filter: ">" });
    await raw.api("STREAM.MSG.GET.Z", { seq: 3 });
  },
};
