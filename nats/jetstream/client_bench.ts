/**
 * What the client does by itself, for `deno task bench nats`.
 *
 * @module
 */
import {
  AckPolicy,
  jetstream,
  jetstreamManager,
  type JsMsg,
  StorageType,
} from "@nats-io/jetstream";
import type { NativeConnection } from "../native.ts";

/** Makes a stream in memory that keeps its newest messages. */
export async function addStream(
  nc: NativeConnection,
  name: string,
  subjects: readonly string[],
): Promise<void> {
  const manager = await jetstreamManager(nc);
  await manager.streams.add({
    name,
    subjects: [...subjects],
    storage: StorageType.Memory,
    max_msgs: 50_000,
  });
}

/** Reads a subject of a stream by the client's `for await`, as its documentation has it, until the connection ends. */
export async function readByClient(
  nc: NativeConnection,
  stream: string,
  subject: string,
  take: (msg: JsMsg) => void | Promise<void>,
): Promise<void> {
  const durable = subject.replaceAll(".", "-");
  const manager = await jetstreamManager(nc);
  await manager.consumers.add(stream, {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    filter_subject: subject,
  });
  const consumer = await jetstream(nc).consumers.get(stream, durable);
  const messages = await consumer.consume();
  void (async () => {
    for await (const msg of messages) {
      const taken = take(msg);
      if (taken !== undefined) await taken;
    }
  })();
}

/** Lets the client capture a stack for each request, as it does unless told otherwise. */
export function captureStacks(nc: NativeConnection, on: boolean): void {
  const { options } = nc as unknown as { options: { noAsyncTraces: boolean } };
  options.noAsyncTraces = !on;
}
