/**
 * Documents to look at: one that means harm, one with as many channels as one likes. It registers no tests.
 *
 * @module
 */
import { channel, out, RustStream, subscriber } from "@ruststream/core";
import { MemoryBroker } from "@ruststream/memory";
import * as z from "zod";
import { type AsyncApiDocument, asyncApiDocument } from "../document.ts";
import { lawfulDocument } from "../lint/lawful_document_test.ts";

/** What runs wherever something is left unescaped. */
export const attack =
  "'\"></style></title><script>alert(1)</script><img src=x onerror=alert(2)> [a](javascript:alert(3)) `</code><svg onload=alert(4)>` \u202e\u0000";

const structural = new Set(["$ref", "asyncapi", "action", "type", "location"]);
const named = new Set([
  "servers",
  "channels",
  "operations",
  "messages",
  "schemas",
  "properties",
  "parameters",
  "variables",
]);

function poisoned(value: unknown, at: string): unknown {
  if (typeof value === "string") {
    return structural.has(at) ? value : `${value}${attack}`;
  }
  if (Array.isArray(value)) return value.map((one) => poisoned(one, at));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, inner]) =>
    [name, poisoned(inner, name)] as const
  );
  // Under a name of its own each thing is there a second time.
  const twins = named.has(at)
    ? members.map(([name, inner]) => [`${name}/~${attack}`, inner] as const)
    : [];
  return Object.fromEntries([
    ...members,
    ...twins,
    ["x-ruststream-group", attack],
    [`x-${attack}`, { [attack]: attack }],
  ]);
}

/** A document whose every text and name is an attack. */
export function hostileDocument(): Record<string, unknown> {
  const document = poisoned(lawfulDocument(), "") as Record<string, unknown>;
  return {
    ...document,
    info: {
      ...document.info as object,
      contact: {
        name: attack,
        url: "javascript:alert(5)",
        email: 'a@a.example?"onfocus=alert(6)',
      },
      license: { name: attack, url: "JaVaScRiPt:alert(7)" },
    },
  };
}

const nothing = (): void => {};

/** The document of a service with as many channels as one likes. */
export function documentOf(channels: number): AsyncApiDocument {
  const Line = z.object({
    sku: z.string().min(1).describe("What is wanted"),
    quantity: z.int().min(1).default(1),
  }).meta({ title: "Line" });
  const receipt = channel("receipts.{shop}", {
    payload: z.object({ paid: z.number() }),
  });
  const app = new RustStream({
    title: "many",
    version: "1.0.0",
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  }).withBroker(new MemoryBroker(), (b) => {
    for (let n = 0; n < channels; n++) {
      const read = channel(`orders.{shop}.kind${n}`, {
        payload: z.object({
          id: z.string().regex(/^[A-Z]{2}-\d+$/),
          number: z.literal(n),
          lines: z.array(Line).min(1),
        }),
        headers: z.object({ trace: z.string() }),
        summary: `Orders of kind ${n}`,
      });
      b.include(subscriber(
        read,
        { name: `take-${n}`, reply: receipt, out: { copy: out(receipt) } },
        () => ({ paid: n }),
      ));
    }
    return b;
  });
  return asyncApiDocument(app).document;
}
