import type { Running } from "@ruststream/core";
import { type Family, plain } from "./family.ts";

const states = ["running", "stopping", "stopped", "failed"] as const;

/** What is asked of an application at a scrape. */
export type Watched = Pick<Running, "health" | "stopping" | "failure">;

function stateOf(app: Watched): typeof states[number] {
  if (!app.stopping.aborted) return "running";
  if (app.health().live) return "stopping";
  return app.failure === undefined ? "stopped" : "failed";
}

/** How the application is that was given last. */
export class AppState {
  #app: Watched | undefined = undefined;

  /** Shows this one from now on. */
  watch(app: Watched): void {
    this.#app = app;
  }

  /** What is shown of it; nothing before there is one. */
  families(prefix: string): readonly Family[] {
    return [
      {
        name: `${prefix}app_state`,
        help: "What the application does: 1 for the state that it is in.",
        type: "gauge",
        samples: () => {
          const app = this.#app;
          if (app === undefined) return [];
          const now = stateOf(app);
          return states.map((state) => plain({ state }, Number(state === now)));
        },
      },
      {
        name: `${prefix}app_ready`,
        help: "Whether the application takes messages.",
        type: "gauge",
        samples: () =>
          this.#app === undefined
            ? []
            : [plain({}, Number(this.#app.health().ready))],
      },
    ];
  }
}
