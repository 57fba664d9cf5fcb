/**
 * The other side of the measurements on NATS: publishes what it is asked for, and answers requests, from ready frames, so that it costs next to nothing.
 *
 * Run it with the server's port. It ends with its standard input.
 *
 * @module
 */
import { connect } from "node:net";
import process from "node:process";
import { bodyOf } from "./bench_nats_kit.ts";

/** What is to be published. */
interface Order {
  readonly subject: string;
  readonly count: number;
  readonly size: number;
  /** Whether a stream takes it: then it is waited for now and then, for a server drops what it cannot store in time. */
  readonly stored: boolean;
}

const perFrame = 64;
const perStored = 2_000;
const encoder = new TextEncoder();
const socket = connect(Number(process.argv[2]), "127.0.0.1");
socket.setNoDelay(true);
process.stdin.on("end", () => process.exit()).resume();

let stored: () => void = () => {};

async function write(bytes: Uint8Array): Promise<void> {
  if (socket.write(bytes)) return;
  await new Promise<void>((resolve) => socket.once("drain", () => resolve()));
}

function frame(head: string, body: Uint8Array, count: number): Uint8Array {
  const one = `PUB ${head} ${body.length}\r\n${
    new TextDecoder().decode(body)
  }\r\n`;
  return encoder.encode(one.repeat(count));
}

async function publish(order: Order): Promise<void> {
  const { subject, count, size, stored: waits } = order;
  const body = bodyOf(size);
  const many = frame(subject, body, perFrame);
  const least = waits ? perStored : count;
  for (let sent = 0; sent < count;) {
    const until = Math.min(count, sent + least) - (waits ? 1 : 0);
    for (; sent < until; sent += perFrame) {
      const left = until - sent;
      await write(left < perFrame ? frame(subject, body, left) : many);
    }
    sent = until;
    if (!waits) continue;
    const answered = new Promise<void>((resolve) => {
      stored = resolve;
    });
    await write(frame(`${subject} bench.stored`, body, 1));
    await answered;
    sent++;
  }
}

let text = "";

/** The messages of a chunk. All bodies are ASCII. */
function* messages(chunk: string): Iterable<readonly [string[], string]> {
  text += chunk;
  for (;;) {
    const end = text.indexOf("\r\n");
    if (end < 0) return;
    const words = text.slice(0, end).split(" ");
    if (words[0] !== "MSG") {
      if (words[0] === "PING") socket.write("PONG\r\n");
      text = text.slice(end + 2);
      continue;
    }
    const length = Number(words.at(-1));
    if (text.length < end + length + 4) return;
    yield [words, text.slice(end + 2, end + 2 + length)];
    text = text.slice(end + length + 4);
  }
}

socket.setEncoding("latin1");
socket.on("data", (chunk) => {
  let answers = "";
  for (const [words, body] of messages(String(chunk))) {
    const [, subject = "", , reply = ""] = words;
    if (subject === "bench.feed") void publish(JSON.parse(body));
    else if (subject === "bench.stored") stored();
    else answers += `PUB ${reply} ${body.length}\r\n${body}\r\n`;
  }
  if (answers !== "") socket.write(answers);
});
socket.write(
  'CONNECT {"verbose":false,"pedantic":false,"name":"feed"}\r\nSUB bench.feed 1\r\nSUB bench.stored 2\r\nSUB bench.echo 3\r\n',
);
