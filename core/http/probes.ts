import type { AppStatus } from "../app/status.ts";
import type { PageContent } from "./page.ts";

/** An answer that is not always 200. */
export interface Answer {
  readonly status: number;
  readonly content: PageContent;
}

/** What a probe can be answered with. */
export const probeTypes: readonly string[] = Object.freeze([
  "text/plain; charset=utf-8",
  "application/json",
]);

function answer(
  yes: boolean,
  type: string,
  line: string,
  detail: object,
): Answer {
  const isJson = type === "application/json";
  return {
    status: yes ? 200 : 503,
    content: {
      body: isJson ? `${JSON.stringify(detail)}\n` : `${line}\n`,
      contentType: type,
    },
  };
}

/** Whether the process should be left alone. */
export function livez({ live, state }: AppStatus, type: string): Answer {
  const line = live ? "live" : `not live: ${state}`;
  return answer(live, type, line, { live, state });
}

/** Whether the application takes messages. */
export function readyz(status: AppStatus, type: string): Answer {
  const { ready, state, brokers } = status;
  const line = ready ? "ready" : `not ready: ${whyNot(status)}`;
  return answer(ready, type, line, { ready, state, brokers });
}

function whyNot({ state, brokers }: AppStatus): string {
  const away = brokers.filter((broker) => broker.state !== "connected")
    .map((broker) => `${broker.name} is ${broker.state}`);
  const isAsked = state === "running" || state === "starting";
  return isAsked && away.length > 0 ? away.join(", ") : state;
}
