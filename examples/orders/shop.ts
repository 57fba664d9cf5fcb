import { type Subscribers, subscribers, type Teardown } from "@ruststream/core";
import { catalogue } from "./catalogue.ts";
import { DayBook } from "./day_book.ts";
import { Ledger } from "./ledger.ts";
import { PaymentGateway } from "./payments.ts";
import { Stock } from "./stock.ts";

/** What all handlers of the shop share. */
export interface Shop {
  /** What is on the shelf. */
  readonly stock: Stock;
  /** Who takes the money. */
  readonly payments: PaymentGateway;
  /** Who paid for what. */
  readonly ledger: Ledger;
  /** What the day came to. */
  readonly dayBook: DayBook;
}

/** Opens the shop; it closes when the service has stopped. */
export function openShop(closing: Teardown): Shop {
  const payments = new PaymentGateway();
  closing.defer(() => payments.close());
  return {
    stock: new Stock(catalogue),
    payments,
    ledger: new Ledger(),
    dayBook: new DayBook(),
  };
}

/** Makes subscribers whose `ctx.state` is the shop. */
export const { subscriber, batchSubscriber }: Subscribers<Shop> = subscribers<
  Shop
>();
