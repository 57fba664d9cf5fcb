import {
  type Declarations,
  declarations,
  type RustStream,
} from "@ruststream/core";
import { Carried } from "./carried.ts";
import { Channels } from "./channels.ts";
import { checkOptions } from "./check_options.ts";
import { asJson, isObject, type JsonObject, sorted } from "./json.ts";
import { type Gap, Messages } from "./messages.ts";
import { draftOperations, writeOperations } from "./operations.ts";
import type { AsyncApiVersion, DocumentOptions } from "./options.ts";
import { writeServers } from "./servers.ts";

/** An AsyncAPI document, as plain data in the order in which it is written. */
export interface AsyncApiDocument {
  /** The version of AsyncAPI. */
  readonly asyncapi: AsyncApiVersion;
  /** What the application is told apart by, a URI. */
  readonly id?: string;
  /** What the application is. */
  readonly info: JsonObject;
  /** What all messages have, where they agree. */
  readonly defaultContentType?: string;
  /** Servers by their ids. */
  readonly servers: Readonly<Record<string, JsonObject>>;
  /** Channels by their ids. */
  readonly channels: Readonly<Record<string, JsonObject>>;
  /** What the application does, by ids. */
  readonly operations: Readonly<Record<string, JsonObject>>;
  /** Messages, schemas and security schemes. */
  readonly components: JsonObject;
}

/** A document, and what it could not show. */
export interface Documented {
  /** The document. */
  readonly document: AsyncApiDocument;
  /** Channels whose payloads, headers or examples have no form in it, and why. Bytes and text are none of them: they have no schema. */
  readonly gaps: readonly Gap[];
}

function infoOf({ info }: Declarations, options: DocumentOptions): JsonObject {
  const { title, version, description } = info;
  const { termsOfService, contact, license, tags, externalDocs } = options;
  return asJson({
    title,
    version,
    description,
    termsOfService,
    contact,
    license,
    tags,
    externalDocs,
  }) as JsonObject;
}

/** The one content type of all messages; undefined where they differ, or there are none. */
function commonType(
  messages: Readonly<Record<string, JsonObject>>,
): string | undefined {
  const types = new Set(
    Object.values(messages).map(({ contentType }) => contentType as string),
  );
  const [only] = types;
  return types.size === 1 ? only : undefined;
}

function components(
  parts: Readonly<Record<string, JsonObject>>,
): JsonObject {
  return Object.fromEntries(
    Object.entries(parts)
      .filter(([, part]) => Object.keys(part).length > 0)
      .map(([name, part]) => [name, isObject(part) ? sorted(part) : part]),
  );
}

/**
 * Makes the AsyncAPI document of an application. Nothing connects: it says what is declared.
 *
 * Ids do not depend on the order in which something is mounted. Hosts are without credentials.
 * Where a delivery has an address to answer to, its answer goes there; the document shows where it goes else.
 *
 * @example Who reads what
 * ```ts
 * import assert from "node:assert/strict";
 * import { asyncApiDocument } from "@ruststream/asyncapi";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 * import * as z from "zod";
 *
 * const orders = channel("orders.{shop}", { payload: z.object({ id: z.number() }) });
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(subscriber(orders, { name: "bill" }, () => {})));
 * const { document, gaps } = asyncApiDocument(app);
 * assert.deepEqual(document.operations["bill"]?.channel, { $ref: "#/channels/orders.shop" });
 * assert.deepEqual(gaps, []);
 * ```
 *
 * @throws {TypeError} If the application cannot start as it is, or an option is unknown or names what is not there.
 */
export function asyncApiDocument<State>(
  app: RustStream<State>,
  options: DocumentOptions = {},
): Documented {
  const declared = declarations(app);
  checkOptions(options, declared);
  const messages = new Messages(options);
  const carried = new Carried(declared);
  const channels = new Channels(messages, carried);
  const operations = draftOperations(declared, channels, options);
  const servers = writeServers(declared.brokers, options);
  const said = messages.write();
  const placed = channels.write(said.idOf, servers.idsOf, options);
  const contentType = commonType(said.messages);
  const document: AsyncApiDocument = {
    asyncapi: options.version ?? "3.1.0",
    ...(options.id !== undefined && { id: options.id }),
    info: infoOf(declared, options),
    ...(contentType !== undefined && { defaultContentType: contentType }),
    servers: servers.servers,
    channels: placed.channels,
    operations: writeOperations(operations, {
      channel: placed.idOf,
      message: said.idOf,
    }),
    components: components({
      messages: said.messages,
      schemas: said.schemas as JsonObject,
      securitySchemes: options.securitySchemes ?? {},
    }),
  };
  return { document, gaps: messages.gaps };
}
