import type { Notice } from "@ruststream/core";
import { type Cap, overflow } from "./cap.ts";
import { type Family, increment, plain } from "./family.ts";

/** How often each notice was told, by code and subscriber. */
export class NoticeBook {
  readonly #cap: Cap;
  readonly #byCode = new Map<string, Map<string, number>>();

  constructor(cap: Cap) {
    this.#cap = cap;
  }

  /** Counts one. */
  told({ code, subscriber = "" }: Notice): void {
    let counts = this.#byCode.get(code);
    if (counts === undefined) this.#byCode.set(code, counts = new Map());
    const fits = counts.has(subscriber) || this.#cap.take();
    increment(counts, fits ? subscriber : overflow);
  }

  /** What is counted of notices. */
  families(prefix: string): readonly Family[] {
    return [{
      name: `${prefix}notices_total`,
      help: "What someone should know of: notices, by their code.",
      type: "counter",
      samples: () =>
        [...this.#byCode].flatMap(([code, counts]) =>
          [...counts].map(([subscriber, count]) =>
            plain({ code, subscriber }, count)
          )
        ),
    }];
  }
}
