import {
  fill,
  type Scenarios,
  shownStream,
  state,
  stream,
} from "./_scenario_kit_test.ts";

/** Core subjects, and streams. */
export const streamScenarios: Scenarios = {
  async "core: routing and who listens"(raw) {
    await raw.ask("nobody.there");
    raw.listen("star", "c.*");
    raw.listen("rest", "c.>");
    raw.listen("one", "c.a");
    raw.listen("q1", "c.*", "q");
    raw.listen("q2", "c.*", "q2");
    await raw.pass();
    await raw.say("c.a", "1");
    await raw.say("c.a.b", "2", { "X-One": "1" });
    await raw.say("c", "3");
    for (const name of ["star", "rest", "one", "q1", "q2"]) {
      await raw.heard(name);
    }
  },

  async "stream: create, again, differently, look, change, delete"(raw) {
    await stream(raw, "S1");
    await stream(raw, "S1");
    await stream(raw, "S1", { max_msgs: 5 });
    await stream(raw, "S1", { subjects: ["S1.a"] });
    await raw.api("STREAM.CREATE.S2", { name: "S1" });
    await raw.api("STREAM.CREATE.S2", { name: "S2", subjects: ["S1.x"] });
    await raw.api("STREAM.CREATE.S2", { name: "S2", subjects: ["a..b"] });
    await raw.api("STREAM.CREATE.S2", { name: "S2", subjects: ["S2", "S2"] });
    await raw.api("STREAM.CREATE.S2", {
      name: "S2",
      subjects: ["S2.*", "S2.a"],
    });
    await raw.api("STREAM.CREATE.S2", { name: "S2", max_bytes: "many" });
    await raw.api("STREAM.CREATE.S2", { name: "S2", unknown_field: 1 });
    await raw.api("STREAM.CREATE.S2", "{");
    await raw.api("STREAM.CREATE.S2", "[]");
    await raw.api("STREAM.CREATE.S2", "");
    await raw.api("STREAM.CREATE.S3", { name: "S3", subjects: ["$JS.API.x"] });
    await state(raw, "S1");
    await state(raw, "S9");
    await raw.api("STREAM.NAMES", { subject: "S1.a" });
    await raw.api("STREAM.NAMES", { subject: "S9.a" });
    await raw.look("STREAM.UPDATE.S1", ["config"], {
      name: "S1",
      subjects: ["S1.>", "S1b"],
      max_msgs: 3,
    });
    await raw.api("STREAM.UPDATE.S1", {
      name: "S1",
      subjects: ["S1.>"],
      storage: "memory",
    });
    await raw.api("STREAM.UPDATE.S1", {
      name: "S1",
      subjects: ["S1.>"],
      retention: "workqueue",
    });
    await raw.api("STREAM.UPDATE.S9", { name: "S9" });
    await raw.api("STREAM.DELETE.S1");
    await raw.api("STREAM.DELETE.S1");
    await raw.api("STREAM.NONSENSE.S1");
  },

  async "stream: settings that are refused, filled in or dropped"(raw) {
    await shownStream(raw, "C1", { discard_new_per_subject: true });
    await shownStream(raw, "C2", {
      duplicate_window: raw.nanos(5),
      max_age: raw.nanos(200),
    });
    await shownStream(raw, "C3", {
      duplicate_window: raw.nanos(500),
      max_age: raw.nanos(200),
    });
    await shownStream(raw, "C4", { max_age: raw.nanos(5) });
    await shownStream(raw, "C5", { num_replicas: 3 });
    await shownStream(raw, "C6", { retention: "sometimes" });
    await shownStream(raw, "C7", { metadata: { owner: "me" } });
    await shownStream(raw, "C8", { first_seq: 10 });
    await shownStream(raw, "C9", { compression: "s2" });
    await shownStream(raw, "C10", { allow_msg_ttl: true });
    await shownStream(raw, "C11", { allow_atomic: true });
    await shownStream(raw, "C12", { allow_msg_schedules: true });
    await shownStream(raw, "C13", {
      consumer_limits: {
        max_ack_pending: 5,
        inactive_threshold: raw.nanos(10_000),
      },
    });
    await shownStream(raw, "C14", { max_age: raw.nanos(200) });
    await shownStream(raw, "C15", { sealed: true });
    await shownStream(raw, "C16", {
      max_msgs_per_subject: 2,
      discard: "new",
      discard_new_per_subject: true,
    });
    await shownStream(raw, "C17", {
      allow_rollup_hdrs: true,
      allow_msg_ttl: true,
    });
    await shownStream(raw, "C18", { persist_mode: "async" });
    const marked = { subject_delete_marker_ttl: raw.nanos(5_000) };
    await shownStream(raw, "C19", marked);
    await shownStream(raw, "C20", { ...marked, allow_msg_ttl: true });
    await shownStream(raw, "C21", {
      ...marked,
      allow_msg_ttl: true,
      allow_rollup_hdrs: true,
      deny_purge: true,
    });
    await shownStream(raw, "C22", { subject_delete_marker_ttl: 5_000_000 });
    await shownStream(raw, "C23", { subject_delete_marker_ttl: -1 });
  },

  async "limits: what goes when it is full"(raw) {
    await stream(raw, "L1", { max_msgs: 2 });
    await fill(raw, "L1.a", "1", "2", "3");
    await state(raw, "L1", { subjects_filter: ">" });
    await stream(raw, "L2", { max_msgs: 2, discard: "new" });
    await fill(raw, "L2.a", "1", "2", "3");
    await state(raw, "L2");
    await stream(raw, "L3", { max_bytes: 120 });
    await fill(
      raw,
      "L3.a",
      "1234567890",
      "1234567890",
      "1234567890",
      "1234567890",
    );
    await raw.ask("L3.a", "with", { "A": "b" });
    await state(raw, "L3");
    await stream(raw, "L4", { max_bytes: 100, discard: "new" });
    await fill(raw, "L4.a", "1234567890", "1234567890", "1234567890", "1");
    await stream(raw, "L5", { max_msgs_per_subject: 1 });
    await fill(raw, "L5.a", "1", "2");
    await fill(raw, "L5.b", "3");
    await state(raw, "L5", { subjects_filter: ">" });
    await stream(raw, "L6", {
      max_msgs_per_subject: 1,
      max_msgs: 9,
      discard: "new",
      discard_new_per_subject: true,
    });
    await fill(raw, "L6.a", "1", "2");
    await fill(raw, "L6.b", "3");
    await stream(raw, "L7", { max_msg_size: 4 });
    await fill(raw, "L7.a", "1234", "12345");
    await stream(raw, "L8", { max_age: raw.nanos(250) });
    await fill(raw, "L8.a", "1");
    await state(raw, "L8");
    // A server looks once a second.
    await raw.pass(1_600);
    await state(raw, "L8");
    await stream(raw, "L9", { storage: "memory", max_bytes: 100 });
    await fill(raw, "L9.a", "1234567890", "1234567890", "1234567890");
    await state(raw, "L9");
    await stream(raw, "LA", { max_msgs: 3 });
    await fill(raw, "LA.a", "1", "2", "3");
    await raw.look("STREAM.UPDATE.LA", ["state"], {
      name: "LA",
      subjects: ["LA.>"],
      max_msgs: 1,
    });
    await state(raw, "LA");
  },

  async "stream: read, delete and purge messages"(raw) {
    await stream(raw, "M", { allow_direct: true });
    await fill(raw, "M.a", "1", "2");
    await fill(raw, "M.b", "3");
    await raw.ask("M.c", "4", { "X-One": "1" });
    await raw.api("STREAM.MSG.GET.M", { seq: 2 });
    await raw.api("STREAM.MSG.GET.M", { seq: 4 });
    await raw.api("STREAM.MSG.GET.M", { seq: 9 });
    await raw.api("STREAM.MSG.GET.M", { last_by_subj: "M.a" });
    await raw.api("STREAM.MSG.GET.M", { last_by_subj: "M.z" });
    await raw.api("STREAM.MSG.GET.M", { seq: 2, next_by_subj: "M.*" });
    await raw.api("STREAM.MSG.GET.M", {});
    await raw.api("DIRECT.GET.M", { seq: 3 });
    await raw.api("DIRECT.GET.M", { seq: 9 });
    await raw.api("DIRECT.GET.M", { last_by_subj: "M.a" });
    await raw.api("DIRECT.GET.M.M.c");
    await raw.api("DIRECT.GET.M", {});
    await raw.api("DIRECT.GET.M", "{");
    await raw.api("STREAM.MSG.DELETE.M", { seq: 2 });
    await raw.api("STREAM.MSG.DELETE.M", { seq: 2 });
    await state(raw, "M", { deleted_details: true });
    await raw.api("STREAM.PURGE.M", { filter: "M.a" });
    await raw.api("STREAM.PURGE.M", { keep: 1 });
    await raw.api("STREAM.PURGE.M");
    await state(raw, "M");
    await fill(raw, "M.a", "5", "6", "7");
    await raw.api("STREAM.PURGE.M", { seq: 7 });
    await state(raw, "M");
    await stream(raw, "N", { deny_delete: true, deny_purge: true });
    await fill(raw, "N.a", "1");
    await raw.api("STREAM.MSG.DELETE.N", { seq: 1 });
    await raw.api("STREAM.PURGE.N");
    await raw.api("DIRECT.GET.N", { seq: 1 });
    await raw.api("STREAM.DELETE.N");
  },

  async "account and what no one answers"(raw) {
    await raw.look("INFO", ["limits"]);
    await raw.api("NONSENSE");
    await raw.api("CONSUMER.MSG.NEXT.no.such");
    await raw.ask("$JS.ACK.no.such.1.1.1.1.1", "+ACK");
    await raw.api("STREAM.LIST", { subject: "nothing" });
  },

  async "2.10: subjects are rewritten"(raw) {
    await shownStream(raw, "TR", {
      subject_transform: {
        src: "TR.*.*",
        dest: "{{partition(3,1)}}.TR.{{wildcard(1)}}.$2",
      },
    });
    await fill(raw, "TR.a.1", "1", "2");
    for (const key of ["b", "c", "a-long-key", "é"]) {
      await fill(raw, `TR.${key}.7`, key);
    }
    await fill(raw, "TR.other", "as it is");
    await state(raw, "TR", { subjects_filter: ">" });
    await raw.ask("TR.a.1", "3", {
      "Nats-Expected-Last-Subject-Sequence": "2",
    });
    await raw.api("STREAM.MSG.GET.TR", { last_by_subj: "1.TR.a.1" });
  },

  async "seal: nothing changes any more"(raw) {
    const config = {
      max_age: raw.nanos(60_000),
      allow_rollup_hdrs: true,
      allow_direct: true,
    };
    const sealed = {
      name: "SEAL",
      subjects: ["SEAL.>"],
      ...config,
      sealed: true,
    };
    await stream(raw, "SEAL", config);
    await fill(raw, "SEAL.a", "1", "2");
    await raw.look("STREAM.UPDATE.SEAL", ["config", "state"], sealed);
    await fill(raw, "SEAL.a", "3");
    await raw.ask("SEAL.a", "4", { "Nats-Rollup": "sub" });
    await raw.api("STREAM.MSG.DELETE.SEAL", { seq: 1 });
    await raw.api("STREAM.PURGE.SEAL");
    await raw.look("STREAM.UPDATE.SEAL", ["config"], {
      ...sealed,
      sealed: false,
    });
    await raw.look("STREAM.UPDATE.SEAL", ["config"], { ...sealed, max_age: 0 });
    await raw.api("STREAM.MSG.GET.SEAL", { last_by_subj: "SEAL.>" });
    await raw.api("DIRECT.GET.SEAL", { seq: 2, next_by_subj: "SEAL.a" });
    await raw.api("DIRECT.GET.SEAL", { seq: 3, next_by_subj: "SEAL.a" });
    await state(raw, "SEAL");
  },
};
