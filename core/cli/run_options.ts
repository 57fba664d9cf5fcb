import type { AppDescription } from "../app/describe.ts";
import { parseAddress } from "../contract/address.ts";
import {
  type CommandContext,
  type CommandOption,
  UsageError,
} from "./command.ts";
import { isRead } from "./due.ts";
import { errorLine } from "./failure.ts";
import { readHttpPlace } from "./http_place.ts";
import type { HttpPlace } from "./http_server.ts";
import { hint } from "../nearest.ts";

/** The options of `run`. */
export const runOptions: Readonly<Record<string, CommandOption>> = Object
  .freeze({
    feed: {
      value: "ADDRESS=FILE",
      repeats: true,
      summary:
        'Publish each line of a file of JSON lines; "-" is standard input',
    },
    broker: {
      value: "NAME",
      summary: "The broker to feed; by default the first",
    },
    "exit-when-idle": {
      summary: "Stop when all feeds have ended and everything has settled",
    },
    "drain-ms": {
      value: "N",
      summary: "How long a stop waits for handlers; by default 30000",
    },
    http: {
      value: "[HOST:]PORT",
      summary: "Serve /livez, /readyz and more there while it runs",
    },
    "ready-delay-ms": {
      value: "N",
      summary:
        "How long a stop goes on once /readyz says 503, before intake ends; by default 0",
    },
    json: { summary: "Write the summary as one JSON object" },
  });

/** A file, and where its lines go. */
export interface FeedPlan {
  readonly address: string;
  /** As it was given; `-` is standard input. */
  readonly file: string;
}

/** What `run` was asked for. */
export interface RunPlan {
  readonly feeds: readonly FeedPlan[];
  /** The broker that is fed; undefined where the application has none. */
  readonly broker: string | undefined;
  readonly exitWhenIdle: boolean;
  readonly drainMs: number;
  readonly readyDelayMs: number;
  /** Where the control plane is served; undefined where it is not. */
  readonly http: HttpPlace | undefined;
  readonly json: boolean;
}

/**
 * Reads the options of `run`.
 *
 * @throws {UsageError} If one is malformed, names an unknown broker, or feeds an address that no subscriber of it reads.
 */
export function readRunPlan(
  context: CommandContext,
  description: AppDescription,
): RunPlan {
  const { title, brokers } = description;
  const feeds = context.values("feed").map(readFeed);
  if (feeds.filter(({ file }) => file === "-").length > 1) {
    throw new UsageError(
      'Cannot feed "-" twice: standard input can be read once',
    );
  }
  const names = brokers.map(({ name }) => name);
  const [first] = names;
  const broker = context.value("broker") ?? first;
  if (broker !== undefined && !names.includes(broker)) {
    throw new UsageError(
      `Cannot feed broker "${broker}": "${title}" has ${
        names.length === 0 ? "none" : `only ${names.join(", ")}`
      }${hint(broker, names)}`,
    );
  }
  if (feeds.length === 0 && context.has("broker")) {
    throw new UsageError(
      'Cannot use "--broker": it names the broker to feed, and there is no "--feed"',
    );
  }
  for (const { address } of feeds) {
    if (broker === undefined) {
      throw new UsageError(
        `Cannot feed "${address}": "${title}" has no broker`,
      );
    }
    checkRead(description, broker, address);
  }
  const http = context.value("http");
  return {
    feeds,
    broker,
    exitWhenIdle: context.has("exit-when-idle"),
    drainMs: readMs("drain-ms", context.value("drain-ms"), 30_000),
    readyDelayMs: readMs("ready-delay-ms", context.value("ready-delay-ms"), 0),
    http: http === undefined ? undefined : readHttpPlace("http", http),
    json: context.has("json"),
  };
}

/** What nobody reads would be published for nothing, and never settle. */
function checkRead(
  description: AppDescription,
  broker: string,
  address: string,
): void {
  if (isRead(description, broker, address)) return;
  const elsewhere = description.brokers
    .map(({ name }) => name)
    .filter((name) => isRead(description, name, address));
  const here = description.subscribers
    .filter((one) => one.broker === broker)
    .map((one) => one.address);
  throw new UsageError(
    `Cannot feed "${address}" on "${broker}": no subscriber there reads it${
      elsewhere.length === 0
        ? hint(address, here)
        : `; say ${elsewhere.map((name) => `--broker ${name}`).join(" or ")}`
    }`,
  );
}

function readMs(
  option: string,
  value: string | undefined,
  otherwise: number,
): number {
  if (value === undefined) return otherwise;
  const ms = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(ms)) return ms;
  throw new UsageError(
    `Cannot take "--${option} ${value}": expected a whole number of milliseconds of at least 0`,
  );
}

function readFeed(value: string): FeedPlan {
  const at = value.indexOf("=");
  const address = value.slice(0, at);
  const file = value.slice(at + 1);
  if (at <= 0 || file === "") {
    throw new UsageError(
      `Cannot feed "${value}": expected ADDRESS=FILE, as in orders.placed=orders.ndjson`,
    );
  }
  try {
    const { tokens } = parseAddress(address);
    const open = tokens.find((token) => token.kind !== "literal");
    if (open === undefined) return { address, file };
  } catch (error) {
    throw new UsageError(`Cannot feed "${value}": ${errorLine(error)}`);
  }
  throw new UsageError(
    `Cannot feed "${value}": its address has parameters, expected one full address`,
  );
}
