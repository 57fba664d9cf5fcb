import type { AppEvent } from "@ruststream/core";
import { type Family, plain } from "./family.ts";

const states: readonly AppEvent["state"][] = [
  "starting",
  "running",
  "stopping",
  "stopped",
  "failed",
];

/** What the applications do that are observed: mostly it is one. */
export class AppState {
  readonly #states = new Map<string, AppEvent["state"]>();
  readonly #isConnected: () => boolean;

  /** `isConnected` says whether no broker is away. */
  constructor(isConnected: () => boolean) {
    this.#isConnected = isConnected;
  }

  /** One does something else from now on. */
  told({ title, state }: AppEvent): void {
    this.#states.set(title, state);
  }

  /** What is shown of them; nothing before one has begun to start. */
  families(prefix: string): readonly Family[] {
    return [
      {
        name: `${prefix}app_state`,
        help: "What the application does: 1 for the state that it is in.",
        type: "gauge",
        samples: () => {
          const now = [...this.#states.values()];
          if (now.length === 0) return [];
          return states.map((state) =>
            plain({ state }, now.filter((one) => one === state).length)
          );
        },
      },
      {
        name: `${prefix}app_ready`,
        help: "Whether the application takes messages.",
        type: "gauge",
        samples: () => {
          const now = [...this.#states.values()];
          if (now.length === 0) return [];
          const isReady = now.every((state) => state === "running") &&
            this.#isConnected();
          return [plain({}, Number(isReady))];
        },
      },
    ];
  }
}
