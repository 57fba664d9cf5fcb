import type { Delivery, Settlement } from "@ruststream/core/contract";
import { failureOfText, type ServiceFailure } from "../service_headers.ts";
import type { SubscriptionWatch } from "../subscription_watch.ts";
import type { Account } from "./_account.ts";
import type { Asked, Requests } from "./_requests.ts";
import type { EndpointInfo, EndpointStats } from "./service_types.ts";

/** What an endpoint says of itself. */
export interface EndpointSaid extends EndpointInfo {
  readonly details?: (() => unknown) | undefined;
}

/** Whose endpoint it is. */
export interface EndpointOwner {
  /** It asks the server for requests, and belongs to the service from now on. */
  begins(): void;
  /** It takes no more. */
  left(endpoint: Endpoint): void;
}

/** An endpoint on one connection, which looks on at its subscription. */
export class Endpoint implements SubscriptionWatch {
  readonly said: EndpointSaid;
  readonly #owner: EndpointOwner;
  readonly #account: Account;
  readonly #requests: Requests;
  readonly #asked = new Map<Delivery, Asked>();
  #state: "opening" | "open" | "over" = "opening";

  constructor(
    said: EndpointSaid,
    owner: EndpointOwner,
    account: Account,
    requests: Requests,
  ) {
    this.said = said;
    this.#owner = owner;
    this.#account = account;
    this.#requests = requests;
  }

  /** Whether it takes requests, and the server is known to send them. */
  get open(): boolean {
    return this.#state === "open";
  }

  /** What it has done; `details` are what it tells besides. */
  stats(details: unknown): EndpointStats {
    const { name, subject, group } = this.said;
    const { requests, errors, lastError, processingMs, averageMs } =
      this.#account;
    return {
      name,
      subject,
      group,
      requests,
      errors,
      lastError,
      processingMs,
      averageMs,
      ...(details !== undefined && { details }),
    };
  }

  /** The server is known to send it requests. */
  opened(): void {
    if (this.#state === "opening") this.#state = "open";
  }

  begins(): void {
    this.#owner.begins();
  }

  came(delivery: Delivery): void {
    const work = this.#account.came();
    this.#asked.set(delivery, this.#requests.add(delivery, work));
  }

  gone(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      const asked = this.#take(delivery);
      if (asked !== undefined) this.#account.gone(asked.work);
    }
  }

  settled(delivery: Delivery, settlement: Settlement): void {
    if (settlement.kind === "release") return this.gone([delivery]);
    const asked = this.#take(delivery);
    if (asked === undefined) return;
    const failure = asked.failure ?? failureIn(settlement);
    this.#account.done(asked.work, failure && spoken(failure));
  }

  ends(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#owner.left(this);
  }

  disposed(): void {
    this.gone([...this.#asked.keys()]);
  }

  #take(delivery: Delivery): Asked | undefined {
    const asked = this.#asked.get(delivery);
    if (asked === undefined) return undefined;
    this.#asked.delete(delivery);
    this.#requests.remove(asked);
    return asked;
  }
}

/** Who wants no answer is told of no error: it is one all the same. */
function failureIn(settlement: Settlement): ServiceFailure | undefined {
  if (settlement.kind !== "reject") return undefined;
  return failureOfText(settlement.reason ?? "");
}

function spoken({ code, text }: ServiceFailure): string {
  return text === "" ? code : `${code}:${text}`;
}
