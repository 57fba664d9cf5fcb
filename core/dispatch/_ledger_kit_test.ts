// What the tests of transactional batches share; there is no test in it.
import {
  batchSubscriber,
  channel,
  type Out,
  out,
  type Settings,
  type Subscriber,
} from "@ruststream/core";
import {
  type Channel,
  type Connection,
  type Message,
  MessagingError,
  onAbort,
  type Transaction,
} from "@ruststream/core/contract";
import { type Order, textOf } from "./_kit_test.ts";

type Of<T> = Channel<"", T, T, unknown>;

export const orders: Of<Order> = channel<Order>("orders");
export const ledger: Of<number> = channel<number>("ledger");
export const receipts: Of<number> = channel<number>("receipts");
export const boom: Error = new Error("boom");

/** Begins transactions as a test says, and keeps what they made visible. */
export class Ledger {
  readonly visible: string[] = [];
  readonly log: string[] = [];
  onBegin: (signal: AbortSignal | undefined) => Promise<void> = async () => {};
  onCommit: (signal: AbortSignal | undefined) => Promise<void> = async () => {};
  #begun = 0;

  /** A mount that has its transactions begun here. */
  get mount(): Settings {
    const publisher = {
      confirms: "stored" as const,
      publish: () => Promise.reject(boom),
      begin: (options: { readonly signal?: AbortSignal } = {}) =>
        this.#begin(options.signal),
    };
    const sink = { open: () => Promise.resolve(publisher) };
    return { transaction: sink } as Settings;
  }

  async #begin(signal: AbortSignal | undefined): Promise<Transaction> {
    const name = ++this.#begun;
    await this.onBegin(signal);
    let kept: Message[] | undefined = [];
    const end = (how: string): Message[] => {
      const all = kept;
      if (all === undefined) throw new MessagingError("closed", "it has ended");
      kept = undefined;
      this.log.push(`${name} ${how}`);
      return all;
    };
    return {
      confirms: "received",
      // deno-lint-ignore require-await -- what is thrown must reject
      publish: async (message) => {
        if (kept === undefined) throw new MessagingError("closed", "ended");
        kept.push(message);
      },
      commit: async (options) => {
        await this.onCommit(options?.signal);
        for (const message of end("committed")) {
          this.visible.push(`${message.address} ${textOf(message)}`);
        }
      },
      // deno-lint-ignore require-await -- the contract's shape
      [Symbol.asyncDispose]: async () => {
        if (kept !== undefined) end("discarded");
      },
    };
  }
}

/** Rejects with the signal's reason, and never otherwise. */
export function untilAbort(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, fail) => onAbort(signal, fail));
}

export const quick = { initialMs: 10, maxMs: 10, jitter: false };
export const outs: { readonly ledger: Out<Of<number>> } = {
  ledger: out(ledger),
};
export type Options = Settings & { readonly reply?: typeof receipts };

/** Books each order of a batch, and ends as a test says. */
export function booking(
  end: (ids: readonly number[]) => unknown,
  options: Options = {},
): {
  readonly book: Subscriber<Connection, undefined>;
  readonly runs: (readonly number[])[];
} {
  const runs: (readonly number[])[] = [];
  const book = batchSubscriber(
    orders,
    {
      max: 10,
      transactional: true,
      out: outs,
      retry: { backoff: quick },
      ...options,
    } as never,
    (async (
      batch: readonly { readonly payload: Order }[],
      ctx: { out: { ledger: { publish(id: number): Promise<unknown> } } },
    ) => {
      const ids = batch.map(({ payload: { id } }) => id);
      runs.push(ids);
      for (const id of ids) await ctx.out.ledger.publish(id);
      return await end(ids);
    }) as never,
  );
  return { book, runs };
}
