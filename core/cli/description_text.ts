import type {
  AppDescription,
  BrokerDescription,
  SubscriberDescription,
} from "../app/describe.ts";
import { columns } from "./help.ts";

const widest = 100;

type Rows = readonly (readonly [string, string])[];

/** A description for people: a block for each broker and each subscriber, at most 100 columns wide where words allow. */
export function descriptionText(
  { title, version, brokers, subscribers }: AppDescription,
): string {
  const rows = [
    ...brokers.map((one) => [`broker ${one.name}`, brokerRows(one)] as const),
    ...subscribers.map((one) =>
      [`subscriber ${one.name}`, subscriberRows(one)] as const
    ),
  ];
  const blocks = rows.map(([head, block]) => `\n${head}\n${text(block)}`);
  return `${title} ${version}\n${blocks.join("")}`;
}

function text(rows: Rows): string {
  // One width for all blocks, so that the right column stands in line.
  return columns(
    rows.flatMap(([left, right]) =>
      wrapped(right).map((line, index) =>
        [(index === 0 ? left : "").padEnd(leftWidth), line] as const
      )
    ),
  );
}

const leftWidth = "delayed retry".length;

function wrapped(words: string): readonly string[] {
  const most = widest - leftWidth - 4;
  const lines = [""];
  for (const word of words.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > most) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}

function brokerRows({ servers, guarantees }: BrokerDescription): Rows {
  const { ordering, redelivery, persistence } = guarantees;
  const where = servers.map(({ host, protocol }) => `${protocol} ${host}`);
  return [
    ["servers", where.join(", ") || "none: it is in this process"],
    [
      "promises",
      `ordering ${ordering}, redelivery ${redelivery}, persistence ${persistence}`,
    ],
  ];
}

function subscriberRows(one: SubscriberDescription): Rows {
  const rows: (readonly [string, string])[] = [
    ["address", one.address],
    ["broker", one.broker],
    ["group", one.group ?? "none: it gets each message"],
    ["concurrency", concurrencyOf(one)],
    ["order", orderOf(one)],
    ["retry", retryOf(one)],
    ["dead letter", one.deadLetter ?? "none"],
    ["undecodable", one.undecodable],
  ];
  if (one.timeoutMs !== undefined) {
    rows.push(["timeout", `${one.timeoutMs} ms`]);
  }
  if (one.sharesWith.length > 0) {
    rows.push(["shared with", one.sharesWith.join(", ")]);
  }
  if (one.reply !== undefined) rows.push(["reply", one.reply]);
  const out = Object.entries(one.out).map(([slot, to]) => `${slot}: ${to}`);
  if (out.length > 0) rows.push(["out", out.join(", ")]);
  rows.push(...supportRows(one));
  rows.push(...one.notes.map((note) => ["note", note] as const));
  return rows;
}

/** Each thing that was asked for, and who does it. */
function supportRows({ support }: SubscriberDescription): Rows {
  return Object.entries(support).map(([what, who], index) => [
    index === 0 ? "support" : "",
    `${what}: ${who}`,
  ]);
}

function concurrencyOf(
  { concurrency, batch, isOrdered }: SubscriberDescription,
): string {
  const each = batch === undefined ? "" : `, batches of at most ${batch}`;
  return `${concurrency}${each}${isOrdered ? ", one at a time per key" : ""}`;
}

function orderOf({ order }: SubscriberDescription): string {
  return order === "keep"
    ? "keep: what follows waits for a retry"
    : "yield: what follows may overtake a retry";
}

function retryOf({ maxAttempts, onExhausted }: SubscriberDescription): string {
  return Number.isFinite(maxAttempts)
    ? `${maxAttempts} attempts, then ${onExhausted}`
    : "without end";
}
