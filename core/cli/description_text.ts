import type {
  AppDescription,
  BrokerDescription,
  SubscriberDescription,
} from "../app/describe.ts";
import type { SettingDescription } from "../app/describe_settings.ts";
import { counted } from "./counted.ts";
import { columns } from "./help.ts";

const widest = 100;

type Rows = readonly (readonly [string, string])[];

/**
 * A description for people: a block for each broker and each subscriber, at most 100 columns wide where words allow.
 *
 * @param all Whether each setting has a line of its own; else only those that somebody changed.
 */
export function descriptionText(
  { title, version, brokers, subscribers }: AppDescription,
  all: boolean,
): string {
  const rows = [
    ...brokers.map((one) => [`broker ${one.name}`, brokerRows(one)] as const),
    ...subscribers.map((one) =>
      [`subscriber ${one.name}`, subscriberRows(one, all)] as const
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

function brokerRows(
  { servers, guarantees, onLost }: BrokerDescription,
): Rows {
  const { ordering, redelivery, persistence } = guarantees;
  const where = servers.map(({ host, protocol }) => `${protocol} ${host}`);
  return [
    ["servers", where.join(", ") || "none: it is in this process"],
    [
      "promises",
      `ordering ${ordering}, redelivery ${redelivery}, persistence ${persistence}`,
    ],
    ["on a loss", onLost === "stop" ? "stop" : "open it again"],
  ];
}

function subscriberRows(one: SubscriberDescription, all: boolean): Rows {
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
  rows.push(...settingRows(one, all));
  rows.push(...supportRows(one));
  rows.push(...one.notes.map((note) => ["note", note] as const));
  return rows;
}

/** Settings that have a row above. */
const above: ReadonlySet<string> = new Set([
  "group",
  "concurrency",
  "orderBy",
  "retry.maxAttempts",
  "retry.order",
  "deadLetter",
  "undecodable",
  "timeoutMs",
  "max",
]);

/** Each setting and who does it; or what was changed, and the rest of what is in force in one row. */
function settingRows({ settings }: SubscriberDescription, all: boolean): Rows {
  const named = Object.entries(settings);
  const rest = named.filter(([name, { by }]) =>
    by !== undefined && !above.has(name)
  );
  const own = all ? named : rest.filter(([, { isDefault }]) => !isDefault);
  const rows = own.map(([name, one], index) =>
    [
      index === 0 ? "settings" : "",
      `${name}: ${valueText(name, one)} (${one.by ?? "not in force"})`,
    ] as const
  );
  if (all) return rows;
  const usual = rest
    .filter(([, { isDefault }]) => isDefault)
    .map(([name, one]) => `${name} ${valueText(name, one)}`);
  return [...rows, ["defaults", `${usual.join("; ")} (each by --all)`]];
}

function valueText(name: string, { value }: SettingDescription): string {
  if (value === undefined) return "none";
  if (value === Infinity) return "unlimited";
  if (typeof value !== "object") {
    return name.endsWith("Ms") ? `${value} ms` : String(value);
  }
  const { initialMs, maxMs, factor, jitter } = value;
  return `${initialMs} ms to ${maxMs} ms, times ${factor}${
    jitter ? ", random" : ""
  }`;
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
    ? `${counted(maxAttempts, "attempt")}, then ${onExhausted}`
    : "without end";
}
