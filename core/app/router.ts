import { parseAddress } from "../contract/address.ts";
import type { Connection } from "../contract/broker.ts";
import type { Middleware } from "../context.ts";
import { Definition } from "../definition.ts";
import { checkSettings } from "../settings_check.ts";
import type { Settings } from "../settings.ts";
import type { Subscriber } from "../subscriber_types.ts";
import type { MountOptions } from "./mount_options.ts";

/** Options for a {@linkcode Router}: settings of all that it holds, and a prefix of their addresses. */
export interface RouterOptions extends Settings {
  /** Put before the address that each subscriber reads, with a dot between; literal tokens only. By default nothing is. */
  readonly prefix?: string;
}

/** A subscriber as it was included, with what the levels above it say. The nearest level comes first. */
export interface Inclusion {
  readonly definition: Definition;
  readonly mount: MountOptions<Connection, string>;
  readonly levels: readonly Settings[];
  /** Outermost first. */
  readonly middleware: readonly Middleware[];
  readonly prefix: string;
}

const ownOfMount = ["source", "out", "reply", "deadLetterSink"];

// What each router holds: beside it, so that it shows in no type.
const held = new WeakMap<object, Inclusions>();

/** What is included somewhere, in order: subscribers and routers. Not public: a scope and a router each have one. */
export class Inclusions {
  readonly #included: (
    | {
      readonly definition: Definition;
      readonly mount: MountOptions<Connection, string>;
    }
    | Inclusions
  )[] = [];
  readonly #middleware: Middleware[] = [];
  readonly #settings: Settings;
  readonly #prefix: string;

  constructor(settings: Settings = {}, prefix = "") {
    this.#settings = settings;
    this.#prefix = prefix;
  }

  add(what: unknown, mount: object = {}): void {
    const inner = held.get(what as object);
    if (inner !== undefined) {
      if (inner === this || inner.has(this)) {
        throw new TypeError("Cannot include a router: it would hold itself");
      }
      this.#included.push(inner);
      return;
    }
    if (!(what instanceof Definition)) {
      throw new TypeError(
        `Cannot include ${typeof what}: expected a subscriber or a router`,
      );
    }
    const { name } = what;
    checkSettings(`the mount of "${name}"`, mount, ownOfMount);
    this.#included.push({
      definition: what,
      mount: Object.freeze({ ...mount }),
    });
  }

  use(middleware: unknown): void {
    if (typeof middleware !== "function") {
      throw new TypeError(
        `Cannot use ${typeof middleware} as middleware: expected a function from handler to handler`,
      );
    }
    this.#middleware.push(middleware as Middleware);
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
          prefix: "",
        }];
      return inner.map((inclusion) => ({
        ...inclusion,
        levels: [...inclusion.levels, this.#settings],
        middleware: [...this.#middleware, ...inclusion.middleware],
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
export class Router<C extends Connection = Connection, State = unknown> {
  /** Types only; nothing is there at run time. */
  declare readonly "~needs"?: (needs: C) => void;
  /** Types only; nothing is there at run time. */
  declare readonly "~state"?: (state: State) => void;
  readonly #inclusions: Inclusions;

  /**
   * Checks the options.
   *
   * @throws {TypeError} If an option is unknown or of the wrong kind, or the prefix is not made of literal tokens.
   * @throws {RangeError} If a number is out of its range.
   */
  constructor(options: RouterOptions = {}) {
    const { prefix = "", ...settings } = options;
    checkSettings("a router", settings);
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

  /** Mounts a subscriber in this router. */
  include<Slots extends string>(
    subscriber: Subscriber<C, State, Slots>,
    mount?: NoInfer<MountOptions<C, Slots>>,
  ): this;
  /** Mounts what another router holds; a router cannot hold itself. */
  include(router: Router<C, State>): this;
  include(what: unknown, mount?: object): this {
    this.#inclusions.add(what, mount);
    return this;
  }

  /** Adds middleware around all that this router holds, the first outermost. */
  use(middleware: Middleware): this {
    this.#inclusions.use(middleware);
    return this;
  }
}
