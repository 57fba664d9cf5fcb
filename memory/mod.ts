/**
 * A message broker inside this process: for tests, for a service that needs no other, and the reference that every other broker is held against.
 *
 * It has no wire and no disk. All else is real: queues with an end, back pressure, groups with deadlines and redelivery, delayed retries, patterns,
 * requests, transactions, messages for later, and a log to read again. It runs on the clock that it is given.
 *
 * @example Each subscription gets each message, the members of a group share
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseAddress } from "@ruststream/core/contract";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * await using connection = await new MemoryBroker().connect();
 * const orders = parseAddress("orders");
 * const audit = await connection.subscribe(orders);
 * const workers = await connection.subscribe(orders, { group: "workers" });
 * await connection.publisher.publish({ address: "orders", body: new Uint8Array() });
 * assert.deepEqual(await audit.backlog(), { waiting: 1, unsettled: 0 });
 * assert.deepEqual(await workers.backlog(), { waiting: 1, unsettled: 0 });
 * ```
 *
 * @module
 */
export * from "./memory_broker.ts";
export * from "./memory_connection.ts";
export * from "./log.ts";
