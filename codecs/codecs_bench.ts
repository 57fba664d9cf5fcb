/**
 * What a codec costs beside its library called by hand with the same settings, on whichever runtime runs this file.
 *
 * Both run interleaved in one process after a warm-up; what is printed is the median of the ratios of the rounds, with its quartiles.
 *
 * @module
 */
import process from "node:process";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  decode as readMsgpack,
  encode as writeMsgpack,
} from "@msgpack/msgpack";
import { type Codec, headers } from "@ruststream/core/contract";
import {
  decode as readCbor,
  encode as writeCbor,
  type EncodeOptions,
} from "cborg";
import { OrderSchema } from "./_order_pb_test.ts";
import { cbor } from "./cbor.ts";
import { json } from "./json.ts";
import { msgpack } from "./msgpack.ts";
import { protobuf } from "./protobuf.ts";

interface Case {
  readonly name: string;
  readonly codec: Codec;
  readonly payload: unknown;
  readonly write: (payload: unknown) => Uint8Array;
  readonly read: (body: Uint8Array) => unknown;
}

const rounds = 31;
const roundUs = 8_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

// The library sorts fields by default, which the codec does not.
const unsorted = {
  ignoreUndefinedProperties: true,
  mapSorter: undefined,
} as unknown as EncodeOptions;

/** An order of about so many bytes of JSON. */
function order(bytes: number) {
  const line = (i: number) => ({ sku: `sku-${i}`, count: i, price: i + 0.5 });
  const count = Math.max(1, Math.round((bytes - 60) / 42));
  return {
    customer: "c-000123",
    express: false,
    offsets: [1, 2],
    lines: Array.from({ length: count }, (_, i) => line(i)),
  };
}

function casesOf(bytes: number): readonly Case[] {
  const payload = order(bytes);
  return [
    {
      name: "json",
      codec: json(),
      payload,
      write: (value) => encoder.encode(JSON.stringify(value)),
      read: (body) => JSON.parse(decoder.decode(body)),
    },
    {
      name: "msgpack",
      codec: msgpack(),
      payload,
      write: (value) => writeMsgpack(value, { ignoreUndefined: true }),
      read: (body) => readMsgpack(body),
    },
    {
      name: "cbor",
      codec: cbor(),
      payload,
      write: (value) => writeCbor(value, unsorted),
      read: (body) => readCbor(body),
    },
    {
      name: "protobuf",
      codec: protobuf(OrderSchema).codec,
      payload: create(OrderSchema, payload),
      write: (value) => toBinary(OrderSchema, value as never),
      read: (body) => fromBinary(OrderSchema, body),
    },
  ];
}

/** CPU time in microseconds: what other processes take is not counted. */
function time(run: () => unknown, times: number): number {
  const { user, system } = process.cpuUsage();
  for (let i = 0; i < times; i++) run();
  const now = process.cpuUsage();
  return now.user + now.system - user - system;
}

/** The ratios of one to the other, sorted. */
function ratios(one: () => unknown, bare: () => unknown): readonly number[] {
  let times = 16;
  while (time(bare, times) < roundUs) times *= 2;
  time(one, times);
  const found: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = round % 2 === 0 ? time(one, times) : 0;
    const floor = time(bare, times);
    found.push((first || time(one, times)) / floor);
  }
  return found.sort((a, b) => a - b);
}

function shown(sorted: readonly number[]): string {
  const at = (part: number) =>
    (sorted[Math.floor(sorted.length * part)] ?? NaN).toFixed(2);
  return `${at(0.5)} (${at(0.25)}–${at(0.75)})`;
}

if (import.meta.main) {
  const fields = headers();
  const lines = ["codec | bytes | encode | decode", "--- | ---: | --- | ---"];
  for (const size of [128, 1_024, 10_240]) {
    for (const { name, codec, payload, write, read } of casesOf(size)) {
      const { body } = codec.encode(payload);
      const message = { body, headers: fields };
      const encode = ratios(() => codec.encode(payload), () => write(payload));
      const decode = ratios(() => codec.decode(message), () => read(body));
      lines.push(
        `${name} | ${body.length} | ${shown(encode)} | ${shown(decode)}`,
      );
    }
  }
  // deno-lint-ignore no-console -- what it measured
  console.log(lines.join("\n"));
}
