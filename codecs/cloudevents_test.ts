import { test } from "@ruststream/conformance/runner";
import {
  headers,
  type HeadersInput,
  isPromiseLike,
} from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { message, through } from "./_kit_test.ts";
import { cbor } from "./cbor.ts";
import {
  type CloudEventInput,
  cloudEvents,
  eventId,
  eventSchema,
} from "./cloudevents.ts";
import * as z from "zod";

const structured = cloudEvents();
const binary = cloudEvents({ mode: "binary" });
const jsonType = { "content-type": "application/cloudevents+json" };
const utf8 = (text: string) => new TextEncoder().encode(text);
const thrift = Uint8Array.of(0, 1, 254, 255);

const least: CloudEventInput = {
  id: "1",
  source: "/mycontext",
  type: "com.example.someevent",
};

/** The four examples of the JSON format, section 3.2, with the same event as HTTP headers, and what both say. */
interface Example {
  readonly id: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** The content type of the headers, and of the JSON where it says one. */
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly data: unknown;
}

const examples: readonly Example[] = [
  {
    id: "A234-1234-1234",
    json: {
      datacontenttype: "application/vnd.apache.thrift.binary",
      data_base64: "AAH+/w==",
    },
    contentType: "application/vnd.apache.thrift.binary",
    body: thrift,
    data: thrift,
  },
  {
    id: "B234-1234-1234",
    json: {
      unsetextension: null,
      datacontenttype: "application/xml",
      data: '<much wow="xml"/>',
    },
    contentType: "application/xml",
    body: utf8('<much wow="xml"/>'),
    data: '<much wow="xml"/>',
  },
  {
    id: "C234-1234-1234",
    json: {
      subject: null,
      datacontenttype: "application/json",
      data: { appinfoA: "abc", appinfoB: 123, appinfoC: true },
    },
    contentType: "application/json",
    body: utf8('{"appinfoA":"abc","appinfoB":123,"appinfoC":true}'),
    data: { appinfoA: "abc", appinfoB: 123, appinfoC: true },
  },
  {
    id: "D234-1234-1234",
    json: { subject: null, data: "I'm just a string" },
    contentType: "application/json",
    body: utf8(`"I'm just a string"`),
    data: "I'm just a string",
  },
];

for (const { id, json, contentType, body, data } of examples) {
  const common = {
    specversion: "1.0" as const,
    type: "com.example.someevent",
    source: "/mycontext",
    id,
    time: "2018-04-05T17:31:00Z",
  };
  const inJson = {
    ...common,
    comexampleextension1: "value",
    comexampleothervalue: 5,
    ...json,
  };
  const { datacontenttype } = json;
  const event = {
    ...common,
    ...(typeof datacontenttype === "string" ? { datacontenttype } : {}),
    extensions: { comexampleextension1: "value", comexampleothervalue: 5 },
    data,
  };

  test(`cloudEvents() reads and writes example ${id} of the JSON format`, () => {
    const given = message(utf8(JSON.stringify(inJson)), jsonType);

    const read = structured.decode(given);
    const written = structured.encode(event);

    const unset = Object.entries(inJson).filter(([, value]) => value !== null);
    assert.deepEqual(read, event);
    assert.deepEqual(
      JSON.parse(new TextDecoder().decode(written.body)),
      Object.fromEntries(unset),
    );
  });

  test(`cloudEvents() reads and writes example ${id} as headers`, () => {
    const fields = {
      "ce-specversion": "1.0",
      "ce-type": "com.example.someevent",
      "ce-source": "/mycontext",
      "ce-id": id,
      "ce-time": "2018-04-05T17:31:00Z",
      "ce-comexampleextension1": "value",
      "ce-comexampleothervalue": "5",
      "content-type": contentType,
    };

    const read = binary.decode(message(body, fields));
    const written = binary.encode(event);

    assert.deepEqual(read, {
      ...event,
      datacontenttype: contentType,
      extensions: { comexampleextension1: "value", comexampleothervalue: "5" },
    });
    assert.deepEqual(written.body, body);
    assert.deepEqual(
      Object.fromEntries(headers(written.headers)),
      { ...fields, "message-id": `/mycontext ${id}` },
    );
  });
}

test("cloudEvents() reads either form, whichever it writes", () => {
  const event = { ...least, specversion: "1.0", data: 1 };

  for (const writes of [structured, binary]) {
    for (const reads of [structured, binary]) {
      const { body, headers: fields } = writes.encode(event);
      const all = [...headers(fields), ["content-type", writes.contentType]];
      const given = message(body, all as HeadersInput);
      const { datacontenttype: _said, ...read } = reads.decode(given) as
        & typeof event
        & { datacontenttype?: string };
      assert.deepEqual(read, event);
    }
  }
});

test("cloudEvents() reads JSON without any header, as the binding of NATS has it", () => {
  const body = utf8(JSON.stringify({ ...least, specversion: "1.0" }));

  assert.deepEqual(structured.decode(message(body)), {
    ...least,
    specversion: "1.0",
  });
});

test("cloudEvents({ mode: binary }) carries any text in headers", () => {
  const event = {
    ...least,
    specversion: "1.0",
    subject: 'Euro € "100%" \u{1F600}',
    datacontenttype: "application/json",
  };
  const { headers: fields } = binary.encode(event);

  assert.equal(
    headers(fields).get("ce-subject"),
    "Euro%20%E2%82%AC%20%22100%25%22%20%F0%9F%98%80",
  );
  assert.deepEqual(through(binary, event), event);
});

test("cloudEvents({ mode: binary }) reads quoted values, and names of any case", () => {
  const given = message(new Uint8Array(), {
    "CE-SpecVersion": "1.0",
    "Ce-Id": "1",
    "ce-source": "/mycontext",
    "ce-type": '"com.example.\\"some\\" event"',
  });

  assert.deepEqual(binary.decode(given), {
    ...least,
    specversion: "1.0",
    type: 'com.example."some" event',
  });
});

test("cloudEvents({ data }) codes data by its content type", () => {
  const data = [cbor()];
  const event = {
    ...least,
    specversion: "1.0",
    datacontenttype: "application/cbor",
    data: { total: 1, at: new Date(0) },
  };

  for (const mode of ["structured", "binary"] as const) {
    assert.deepEqual(through(cloudEvents({ mode, data }), event), event);
    assert.throws(
      () => cloudEvents({ mode }).encode(event),
      /no codec has "application\/cbor"/,
    );
  }
});

test("cloudEvents({ prefix }) speaks the headers of another binding", () => {
  const kafka = cloudEvents({ mode: "binary", prefix: "ce_" });

  assert.equal(headers(kafka.encode(least).headers).get("ce_type"), least.type);
  assert.equal((through(kafka, least) as CloudEventInput).id, "1");
});

const bad: Readonly<Record<string, unknown>> = {
  "no object": "x",
  "null": null,
  "no id": { ...least, id: undefined },
  "an empty id": { ...least, id: "" },
  "an id with a line break": { ...least, id: "1\n2" },
  "a source with a space": { ...least, source: "/a b" },
  "another version": { ...least, specversion: "0.3" },
  "a time that is none": { ...least, time: "yesterday" },
  "a content type that is none": { ...least, datacontenttype: "json" },
  "an attribute beside the extensions": { ...least, traceparent: "x" },
  "an extension in capitals": { ...least, extensions: { traceParent: "x" } },
  "an extension with a name of its own": {
    ...least,
    extensions: { data: "x" },
  },
  "an extension that is an object": { ...least, extensions: { x: {} } },
  "an extension that is no whole number": { ...least, extensions: { x: 1.5 } },
  "an extension beyond 32 bits": { ...least, extensions: { x: 2 ** 31 } },
  "data that JSON has no word for": { ...least, data: () => {} },
  "data that its type has no codec for": {
    ...least,
    datacontenttype: "text/plain",
    data: 5,
  },
};

for (const [what, event] of Object.entries(bad)) {
  test(`cloudEvents() does not write ${what}`, () => {
    assert.throws(() => structured.encode(event), TypeError);
    assert.throws(() => binary.encode(event), TypeError);
  });
}

const unreadable: Readonly<Record<string, Readonly<Record<string, unknown>>>> =
  {
    "no version": { ...least },
    "another version": { ...least, specversion: "0.3" },
    "data twice": {
      ...least,
      specversion: "1.0",
      data: 1,
      data_base64: "AA==",
    },
    "base64 that is none": { ...least, specversion: "1.0", data_base64: "%" },
    "an attribute in capitals": { ...least, specversion: "1.0", Subject: "x" },
    "an id that is a number": { ...least, specversion: "1.0", id: 1 },
    "XML that is no text": {
      ...least,
      specversion: "1.0",
      datacontenttype: "application/xml",
      data: {},
    },
  };

for (const [what, event] of Object.entries(unreadable)) {
  test(`cloudEvents() does not read ${what}`, () => {
    const given = message(utf8(JSON.stringify(event)), jsonType);

    assert.throws(() => structured.decode(given), Error);
  });
}

test("cloudEvents() does not read what is no single event of JSON or headers", () => {
  const one = { ...least, specversion: "1.0" };
  const fields = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-source": "/",
    "ce-type": "a",
  };
  const given = [
    message(utf8(`[${JSON.stringify(one)}]`), jsonType),
    message(utf8("[]"), {
      "content-type": "application/cloudevents-batch+json",
    }),
    message(utf8(JSON.stringify(one)), { "content-type": "application/json" }),
    message(utf8("1"), { ...fields, "ce-id": ["1", "2"] }),
    message(utf8("1"), { ...fields, "ce-datacontenttype": "text/plain" }),
    message(utf8("1"), { ...fields, "ce-id": "%" }),
    message(utf8("{"), fields),
  ];

  for (const one of given) assert.throws(() => binary.decode(one), Error);
});

test("eventId() is what the copies of an event have in common", () => {
  assert.equal(eventId(least), "/mycontext 1");
  for (const other of [undefined, null, "x", { id: "1" }, { source: "/" }]) {
    assert.equal(eventId(other), undefined);
  }
});

test("eventSchema() checks the data and documents the envelope", async () => {
  const schema = eventSchema(
    z.object({ at: z.string().transform((at) => at.length) }),
  );
  const { validate, jsonSchema } = schema["~standard"];

  const ok = await validate({ ...least, data: { at: "abc" } });
  const no = await validate({ ...least, data: { at: 1 } });
  const document = jsonSchema.input({ target: "draft-07" });

  assert.deepEqual(ok, { value: { ...least, data: { at: 3 } } });
  assert.deepEqual(no.issues?.[0]?.path, ["data", "at"]);
  assert.deepEqual(document["required"], [
    "specversion",
    "id",
    "source",
    "type",
  ]);
  const { data } = document["properties"] as { data: { properties: object } };
  assert.deepEqual(data.properties, { at: { type: "string" } });
});

test("eventSchema() waits only where the schema of the data does", async () => {
  const later = eventSchema({
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => Promise.resolve({ value: [value] }),
    },
  });
  const now = eventSchema<number>()["~standard"].validate({
    ...least,
    data: 1,
  });

  assert.ok(!isPromiseLike(now));
  assert.deepEqual(await later["~standard"].validate({ data: 1 }), {
    value: { data: [1] },
  });
  assert.ok("issues" in (await later["~standard"].validate("x")));
});

test("cloudEvents() refuses options that it cannot keep", () => {
  assert.throws(
    () => cloudEvents({ mode: "batch" } as object),
    /"mode" must be/,
  );
  assert.throws(() => cloudEvents({ modes: 1 } as object), /no option "modes"/);
  assert.throws(
    () => cloudEvents({ data: [structured] }),
    /JSON needs no codec/,
  );
});
