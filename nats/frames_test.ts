import assert from "node:assert/strict";
import { test } from "@ruststream/conformance/runner";
import { Frames, type Taker } from "./_frames.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What came of bytes that were read in these pieces. */
function sorted(pieces: readonly Uint8Array[]): {
  readonly taken: readonly (readonly unknown[])[];
  readonly passed: string;
} {
  const taken: (readonly unknown[])[] = [];
  let passed = "";
  const taker: Taker = ({ subject, reply, sid, hdr, size }, data) =>
    taken.push([
      decoder.decode(subject),
      reply && decoder.decode(reply),
      sid,
      hdr,
      size,
      decoder.decode(data),
    ]);
  const frames = new Frames(
    new Map([[7, taker], [12, taker]]),
    (bytes) => {
      passed += decoder.decode(bytes);
    },
  );
  for (const piece of pieces) frames.take(piece);
  return { taken, passed };
}

const read = encoder.encode([
  "PING\r\n",
  "MSG orders.1 7 5\r\nhello\r\n",
  "MSG orders.größe 12 _INBOX.a.1 2\r\n\r\n\r\n",
  "MSG theirs 3 3\r\nMSG\r\n",
  "HMSG orders.2 7 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
  "+OK\r\n",
  "HMSG orders.3 12 reply.to 12 12\r\nNATS/1.0\r\n\r\n\r\n",
  "MSG empty 7 0\r\n\r\n",
  "-ERR 'Stale Connection'\r\nPONG\r\n",
].join(""));

const expected = {
  taken: [
    ["orders.1", "", 7, -1, 5, "hello"],
    ["orders.größe", "_INBOX.a.1", 12, -1, 2, "\r\n"],
    ["orders.2", "", 7, 12, 14, "NATS/1.0\r\n\r\nhi"],
    ["orders.3", "reply.to", 12, 12, 12, "NATS/1.0\r\n\r\n"],
    ["empty", "", 7, -1, 0, ""],
  ],
  passed:
    "PING\r\nMSG theirs 3 3\r\nMSG\r\n+OK\r\n-ERR 'Stale Connection'\r\nPONG\r\n",
};

test("Frames hands messages to those who take them, and all else on, in order", () => {
  assert.deepEqual(sorted([read]), expected);
});

test("Frames finds the same in whatever pieces it is read", () => {
  for (let size = 1; size < read.length; size++) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < read.length; at += size) {
      pieces.push(read.subarray(at, at + size));
    }
    assert.deepEqual(sorted(pieces), expected, `pieces of ${size} bytes`);
  }
});

test("Frames passes on what it cannot read: the client says what is wrong with it", () => {
  for (
    const line of [
      "MSG\r\n",
      "MSG orders 7\r\n",
      "MSG orders 7 x\r\n",
      "MSG orders 7 99999999999\r\n",
      "HMSG orders 7 5\r\n",
      "HMSG orders 7 9 5\r\n",
      "nothing that a server says\r\n",
    ]
  ) {
    const { taken, passed } = sorted([encoder.encode(`${line}PONG\r\n`)]);

    assert.deepEqual(taken, [], line);
    assert.equal(passed, `${line}PONG\r\n`);
  }
});
