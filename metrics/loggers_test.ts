import { configure, getLogger, type LogRecord, reset } from "@logtape/logtape";
import {
  type AppInfo,
  channel,
  fieldsFirst,
  type FieldsFirstLogger,
  type Logger,
  RustStream,
  subscriber,
  type,
} from "@ruststream/core";
import { logging } from "@ruststream/core/middleware";
import { VirtualClock } from "@ruststream/core/testing";
import { test } from "@ruststream/conformance/runner";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";

interface Order {
  readonly id: number;
}
const orders = channel("orders.{shop}", { payload: type<Order>() });

/** As much of pino as is needed here: its own types bring those of another Node into the whole repository. */
interface Pino {
  readonly pino: {
    (
      options: { readonly level: string },
      to: { readonly write: (line: string) => void },
    ): FieldsFirstLogger;
    readonly levels: { readonly labels: Readonly<Record<number, string>> };
  };
}
const itsName = "pino";

/** What an application says that handles an order at the second attempt. */
async function sayAll(logger: Logger): Promise<void> {
  const info: AppInfo = { title: "shop", version: "1.0.0", logger };
  const take = subscriber(orders, {}, (order, ctx) => {
    ctx.log.info("Took an order", { id: order.id });
    if (ctx.attempt === 1) throw new RangeError("No money");
  });
  const app = new RustStream(info).use(logging())
    .withBroker(new MemoryBroker(), (b) => b.include(take));
  const clock = new VirtualClock();
  await using running = await app.start({ clock });
  await running.publisher.publish(orders, { id: 7 }, {
    params: { shop: "a" },
  });
  await clock.advance(1_000);
}

/** What a line says that everybody must be able to find, whoever writes it. */
const expected: readonly (readonly [level: string, message: string])[] = [
  ["info", "Took an order"],
  ["warn", 'Handled a delivery of "orders.{shop}": throw'],
  [
    "warn",
    'Cannot handle a delivery of "orders.{shop}" at attempt 1, and will try again: RangeError: No money',
  ],
  ["info", "Took an order"],
  ["info", 'Handled a delivery of "orders.{shop}": ack'],
];

/** A logger whose messages are as they are: LogTape fills what stands in braces. */
function unfilled(logger: Logger): Logger {
  const say = (level: keyof Logger): Logger["info"] => (message, fields) =>
    logger[level](message.replaceAll(/[{}]/g, "$&$&"), fields);
  return {
    ...{ debug: say("debug"), info: say("info") },
    ...{ warn: say("warn"), error: say("error") },
  };
}

test("a logger of LogTape is a Logger, and says what was said where braces are doubled", async () => {
  const records: LogRecord[] = [];
  await configure({
    sinks: { kept: (record) => void records.push(record) },
    loggers: [
      { category: "shop", sinks: ["kept"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], lowestLevel: "error" },
    ],
    reset: true,
  });
  const logger: Logger = getLogger("shop");

  await sayAll(unfilled(logger));
  await reset();

  const levels = { warning: "warn" } as Readonly<Record<string, string>>;
  assert.deepEqual(
    records.map(({ level, message }) => [
      levels[level] ?? level,
      message.join(""),
    ]),
    expected,
  );
  const [took, , failing] = records.map(({ properties }) => properties);
  assert.deepEqual(took, { id: 7 });
  assert.equal(failing?.["code"], "failing");
  assert.ok(failing?.["error"] instanceof RangeError);
});

test("pino is a Logger by fieldsFirst, and writes an error with its stack", async () => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const { pino } = await import(itsName) as Pino;

  await sayAll(fieldsFirst(pino({ level: "debug" }, { write })));

  const said = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    said.map(({ level, msg }) => [pino.levels.labels[level], msg]),
    expected,
  );
  const [took, , failing] = said;
  assert.equal(took.id, 7);
  assert.deepEqual([failing.code, failing.err.type], ["failing", "RangeError"]);
  assert.match(failing.err.stack, /^RangeError: No money\n/);
});
