import {
  headers,
  type HeadersInput,
  type MessageHeaders,
} from "@ruststream/core/contract";
import type { Bench } from "../../bench.ts";
import { alike, failed, holds } from "../../assertions.ts";
import type { Check } from "../../check.ts";
import type { Gate } from "../../claim_types.ts";

const hasHeaders: Gate = ({ broker }) =>
  broker.headers ? undefined : "headers do not travel with its messages";

function survives(
  id: string,
  what: string,
  catches: string,
  fields: HeadersInput,
  look: (found: MessageHeaders, sent: MessageHeaders) => void = (found, sent) =>
    alike([...found], [...sent], `headers with ${what}`),
): Check {
  return {
    id: `headers/${id}`,
    promise: `Headers survive: ${what}.`,
    rule: 10,
    needs: hasHeaders,
    catches,
    async run(bench) {
      const tap = await bench.tap();
      await bench.publish("1", { headers: fields });
      const { message } = await tap.next();
      look(message.headers ?? headers(), headers(fields));
    },
  };
}

async function refused(
  bench: Bench,
  what: string,
  made: MessageHeaders,
): Promise<void> {
  const tap = await bench.tap();
  const publisher = await bench.publisher();
  const message = { ...bench.message("1"), headers: made };
  failed(
    await bench.ends(bench.call(() => publisher.publish(message), what), what),
    what,
  );
  await tap.nothing(`after ${what}`);
}

/** Fields as another library may make them: nobody has looked at them yet. */
function unchecked(name: string, value: string): MessageHeaders {
  const same = (other: string): boolean => other.toLowerCase() === name;
  return {
    get: (other) => same(other) ? value : undefined,
    getAll: (other) => same(other) ? [value] : [],
    has: same,
    *[Symbol.iterator]() {
      yield [name, value] as const;
    },
  };
}

/** Fields beside the body. */
export const checks: readonly Check[] = [
  survives(
    "many",
    "24 fields",
    "caps-headers",
    Array.from({ length: 24 }, (_, i) => [`name-${i}`, `value ${i}`] as const),
  ),
  survives("empty", "empty values", "drops-empty-headers", {
    empty: "",
    full: "1",
  }),
  survives("repeated", "repeated names, in order", "merges-headers", [
    ["tag", "a"],
    ["other", "x"],
    ["tag", "b"],
  ]),
  survives(
    "any-case",
    "names are looked up without case",
    "headers-by-case",
    { "X-Trace-Id": "7" },
    (found) => {
      for (const name of ["X-Trace-Id", "x-trace-id", "X-TRACE-ID"]) {
        alike(found.get(name), "7", `the header ${name}`);
        alike(found.getAll(name), ["7"], `all headers ${name}`);
        alike(found.has(name), true, `whether there is a header ${name}`);
      }
    },
  ),
  survives("non-ascii", "values outside ASCII", "ascii-headers", {
    name: "Zoë 値 🚚",
  }),
  survives(
    "odd-values",
    "values that look like syntax",
    "trims-headers",
    { colon: "a: b", percent: "100%25", quotes: '"a\\b"', space: "a  b" },
  ),
  {
    id: "headers/line-ends-refused",
    promise: "CR or LF in a header is refused, and nothing arrives.",
    rule: 10,
    needs: hasHeaders,
    catches: "lets-line-ends",
    async run(bench) {
      for (const value of ["a\r\nX-Evil: 1", "a\nb", "a\rb"]) {
        const what = `publishing a header with ${JSON.stringify(value)}`;
        await refused(bench, what, unchecked("trace", value));
      }
    },
  },
  {
    id: "headers/none",
    promise: "A message without headers arrives without any.",
    rule: 10,
    catches: "adds-headers",
    async run(bench) {
      const tap = await bench.tap();
      await bench.publish("1");
      const { message } = await tap.next();
      alike(
        [...(message.headers ?? [])],
        [],
        "the headers of a message without",
      );
    },
  },
  {
    id: "headers/refused-where-none-travel",
    promise:
      "Where headers do not travel, a publish with some is refused; they are never dropped in silence.",
    rule: 10,
    needs: ({ broker }) =>
      broker.headers ? "headers travel with its messages" : undefined,
    catches: "drops-headers",
    async run(bench) {
      const made = headers({ trace: "1" });
      holds(made.has("trace"), "the headers to send");
      await refused(bench, "publishing headers that cannot travel", made);
    },
  },
];
