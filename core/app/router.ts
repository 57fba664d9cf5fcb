import { parseAddress } from "../contract/address.ts";
import type { Connection } from "../contract/broker.ts";
import type { Middleware } from "../context.ts";
import { Definition } from "../definition.ts";
import { checkSettings, foundText } from "../check_settings.ts";
import type { PublishMiddleware } from "../publish/publish_middleware.ts";
import type { Settings } from "../settings.ts";
import type { Mountable } from "../subscriber_types.ts";
import { checkMount } from "./check_mount.ts";
import type { Fits, MountArgs } from "./fits.ts";
import type { MountOptions } from "./mount_options.ts";

/** Options for a {@linkcode Router}: settings of all that it holds, and a prefix of their addresses. */
export interface RouterOptions extends Settings {
  /** Put before the address that each subscriber reads, with a dot between; literal tokens only. By default nothing is. */
  readonly prefix?: string;
}

/** A subscriber as it was included, with what the levels above it say. The nearest level comes first. */
export interface Inclusion {
  readonly definition: Definition;
  readonly mount: MountOptions<Connection>;
  readonly levels: readonly Settings[];
  /** Outermost first. */
  readonly middleware: readonly Middleware[];
  /** Outermost first. */
  readonly publishMiddleware: readonly PublishMiddleware[];
  readonly prefix: string;
}

function checkLayer(layer: unknown, what: "handler" | "publish"): void {
  if (typeof layer === "function") return;
  throw new TypeError(
    `Cannot use ${
      foundText(layer)
    } as middleware: expected a function from ${what} to ${what}`,
  );
}

// What each router holds: beside it, so that it shows in no type.
const held = new WeakMap<object, Inclusions>();

/** What is included somewhere, in order: subscribers and routers. Not public: a scope and a router each have one. */
export class Inclusions {
  readonly #included: (
    | {
      readonly definition: Definition;
      readonly mount: MountOptions<Connection>;
    }
    | Inclusions
  )[] = [];
  readonly #middleware: Middleware[] = [];
  readonly #publishMiddleware: PublishMiddleware[] = [];
  readonly #settings: Settings;
  readonly #prefix: string;

  constructor(settings: Settings = {}, prefix = "") {
    this.#settings = settings;
    this.#prefix = prefix;
  }

  add(what: unknown, mount: object = {}): void {
    const inner = held.get(what as object);
    if (inner !== undefined) {
      if (Object.keys(mount).length > 0) {
        throw new TypeError(
          "Cannot mount a router with options: its settings are given to the router itself",
        );
      }
      if (inner === this || inner.has(this)) {
        throw new TypeError("Cannot include a router: it would hold itself");
      }
      this.#included.push(inner);
      return;
    }
    if (!(what instanceof Definition)) {
      throw new TypeError(
        `Cannot include ${foundText(what)}: expected a subscriber or a router`,
      );
    }
    checkMount(what, mount);
    this.#included.push({
      definition: what,
      mount: Object.freeze({ ...mount }),
    });
  }

  use(middleware: unknown): void {
    checkLayer(middleware, "handler");
    this.#middleware.push(middleware as Middleware);
  }

  usePublish(middleware: unknown): void {
    checkLayer(middleware, "publish");
    this.#publishMiddleware.push(middleware as PublishMiddleware);
  }

  /** What is around all publishes of what it holds, and of the broker itself. */
  get publishMiddleware(): readonly PublishMiddleware[] {
    return [...this.#publishMiddleware];
  }

  has(other: Inclusions): boolean {
    return this.#included.some((one) =>
      one instanceof Inclusions && (one === other || one.has(other))
    );
  }

  /** All subscribers in it, each with the levels above it. */
  all(): readonly Inclusion[] {
    return this.#included.flatMap((one) => {
      const inner: readonly Inclusion[] = one instanceof Inclusions
        ? one.all()
        : [{
          ...one,
          levels: [],
          middleware: [],
          publishMiddleware: [],
          prefix: "",
        }];
      return inner.map((inclusion) => ({
        ...inclusion,
        levels: [...inclusion.levels, this.#settings],
        middleware: [...this.#middleware, ...inclusion.middleware],
        publishMiddleware: [
          ...this.#publishMiddleware,
          ...inclusion.publishMiddleware,
        ],
        prefix: [this.#prefix, inclusion.prefix].filter((p) => p !== "").join(
          ".",
        ),
      }));
    });
  }
}

/**
 * Subscribers of one module of an application, without a broker: with a prefix, settings and middleware of their own. Routers nest.
 *
 * @example A router is included like a subscriber
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, Router, RustStream, subscriber } from "@ruststream/core";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const shop = new Router({ prefix: "shop", concurrency: 4 })
 *   .include(subscriber(channel<{ id: number }>("orders"), () => {}));
 * const app = new RustStream({ title: "shop", version: "1.0.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(shop));
 * assert.equal(app.describe().subscribers[0]?.address, "shop.orders");
 * ```
 */
export class Router<State = unknown, C extends Connection = Connection> {
  /** Types only; nothing is there at run time. */
  declare readonly "~needs"?: (needs: C) => void;
  /** Types only; nothing is there at run time. */
  declare readonly "~state"?: (state: State) => void;
  /** Types only; nothing is there at run time. */
  declare readonly "~slots"?: "~router";
  readonly #inclusions: Inclusions;

  /**
   * Checks the options.
   *
   * @throws {TypeError} If an option is unknown or of the wrong kind, or the prefix is not made of literal tokens.
   * @throws {RangeError} If a number is out of its range.
   */
  constructor(options: RouterOptions = {}) {
    checkSettings("a router", options, ["prefix"]);
    const { prefix = "", ...settings } = options;
    if (typeof prefix !== "string") {
      throw new TypeError(
        `Cannot prefix addresses with ${foundText(prefix)}: expected a string`,
      );
    }
    if (prefix !== "") {
      const { tokens } = parseAddress(prefix);
      if (tokens.some((token) => token.kind !== "literal")) {
        throw new TypeError(
          `Cannot prefix addresses with "${prefix}": it has parameters`,
        );
      }
    }
    this.#inclusions = new Inclusions(Object.freeze(settings), prefix);
    held.set(this, this.#inclusions);
  }

  /** Mounts a subscriber in this router, or what another router holds; a router cannot hold itself. */
  include<N, S, Slots>(
    what:
      & Mountable<N, S, Slots>
      & Fits<
        C,
        N,
        "this broker",
        Fits<State, S, "this application's state">
      >,
    ...mount: MountArgs<C, NoInfer<Slots>>
  ): this {
    this.#inclusions.add(what, ...mount);
    return this;
  }

  /** Adds middleware around all that this router holds, the first outermost. */
  use(middleware: Middleware): this {
    this.#inclusions.use(middleware);
    return this;
  }

  /** Adds middleware around all that is published by what this router holds, the first outermost. */
  usePublish(middleware: PublishMiddleware): this {
    this.#inclusions.usePublish(middleware);
    return this;
  }
}
