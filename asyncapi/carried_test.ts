import { test } from "@ruststream/conformance/runner";
import { bytes, channel, out, subscriber } from "@ruststream/core";
import { MemoryBroker } from "@ruststream/memory";
import assert from "node:assert/strict";
import * as z from "zod";
import { at, emptyApp } from "./_kit_test.ts";
import { asyncApiDocument } from "./document.ts";
import { checkDocument } from "./lint/lint.ts";

const Receipt = z.object({ paid: z.number() });
const orders = channel("orders.{shop}", { payload: Receipt });
const receipts = channel("receipts.{shop}", { payload: Receipt });
const bill = subscriber(
  orders,
  { name: "bill", deadLetter: bytes("dead.{shop}") },
  () => {},
);

test("asyncApiDocument() shows headers of dead letters to who reads them, and as not required where others publish too", () => {
  const office = subscriber(
    channel("dead.{shop}", {
      payload: Receipt,
      headers: z.object({ trace: z.string() }),
    }),
    { name: "office", out: { again: out(receipts) }, deadLetter: receiptsDead },
    () => {},
  );
  const app = emptyApp().withBroker(
    new MemoryBroker(),
    (b) => b.include(bill).include(office),
  );

  const { document: made } = asyncApiDocument(app);

  const read = at(made, "/operations/office/messages/0/$ref") as string;
  const id = read.split("/").at(-1);
  assert.deepEqual(at(made, `/components/messages/${id}/headers`), {
    type: "object",
    allOf: [
      { $ref: "#/components/schemas/dead.shop.headers" },
      dead1(made, "dead.shop"),
    ],
  });
  const mixed = dead1(made, "receipts.shop");
  assert.equal(
    at(made, `${mixed.$ref.slice(1)}/required`),
    undefined,
  );
  assert.deepEqual(checkDocument(made), []);
});

const receiptsDead = bytes("receipts.{shop}");

/** The reference to the headers of dead letters among a channel's messages. */
function dead1(made: unknown, id: string): { readonly $ref: string } {
  const text = JSON.stringify(at(made, "/components/messages"));
  const all = Object.keys(at(made, `/channels/${id}/messages`) as object)
    .map((name) => JSON.stringify(at(made, `/components/messages/${name}`)));
  const [, $ref] = /"(#[^"]*dead-letter-headers[^"]*)"/.exec(all.join("")) ??
    assert.fail(text);
  return { $ref: $ref ?? "" };
}

test("asyncApiDocument() shows by which header messages are tied together", () => {
  const tied = channel("tied", {
    payload: Receipt,
    headers: z.object({ "correlation-id": z.string() }),
  });
  const app = emptyApp().withBroker(
    new MemoryBroker(),
    (b) =>
      b.include(subscriber(tied, { out: { at: out(receipts) } }, () => {})),
  );

  const plain = asyncApiDocument(app).document;
  const said = asyncApiDocument(app, { correlationHeader: "x-tie" }).document;

  const location = (made: unknown, id: string) =>
    at(made, `/components/messages/${id}/correlationId/location`);
  assert.equal(location(plain, "tied"), "$message.header#/correlation-id");
  assert.equal(location(plain, "receipts.shop"), undefined);
  assert.equal(location(said, "tied"), "$message.header#/x-tie");
  assert.equal(location(said, "receipts.shop"), "$message.header#/x-tie");
  assert.deepEqual(at(said, "/components/messages/receipts.shop/headers"), {
    $ref: "#/components/schemas/correlation-headers",
  });
  assert.deepEqual(checkDocument(plain), []);
  assert.deepEqual(checkDocument(said), []);
  assert.throws(() => asyncApiDocument(app, { correlationHeader: "X: y" }), {
    name: "TypeError",
    message: /correlationHeader must be the name of a header in lower case/,
  });
});

test("asyncApiDocument() asks each schema once, however many publish there", () => {
  const asked = new Map<unknown, number>();
  const app = emptyApp().withBroker(new MemoryBroker(), (b) => {
    for (let n = 0; n < 500; n++) {
      const read = channel(`orders.{shop}.kind${n}`, {
        payload: z.object({ id: z.literal(n) }),
      });
      b.include(subscriber(
        read,
        { name: `take-${n}`, reply: receipts, out: { again: out(receipts) } },
        () => ({ paid: 1 }),
      ));
    }
    return b;
  });

  const { document } = asyncApiDocument(app, {
    jsonSchema(schema) {
      asked.set(schema, (asked.get(schema) ?? 0) + 1);
      return undefined;
    },
  });

  assert.equal(Object.keys(document.channels).length, 501);
  assert.equal(Object.keys(document.operations).length, 1_000);
  assert.deepEqual([asked.size, new Set(asked.values())], [501, new Set([1])]);
});
