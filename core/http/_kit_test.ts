/**
 * What the tests of the control plane share. It registers no tests.
 *
 * @module
 */
import { type Logger, RustStream } from "@ruststream/core";
import type {
  Broker,
  Connection,
  ConnectOptions,
  Guarantees,
} from "@ruststream/core/contract";
import { MemoryBroker } from "@ruststream/memory";
import type { ControlPlane } from "./control_plane.ts";

/** Keeps what is said as errors. */
export class ErrorLog implements Logger {
  readonly errors: (readonly [string, object | undefined])[] = [];
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(message: string, fields?: object): void {
    this.errors.push([message, fields]);
  }
}

/** An application that says nothing but errors, and keeps those. */
export function quietApp(): {
  readonly app: RustStream;
  readonly log: ErrorLog;
} {
  const log = new ErrorLog();
  const app = new RustStream({ title: "shop", version: "1.0.0", logger: log });
  return { app, log };
}

/** A broker that the test takes away and gives back. */
export class AwayBroker implements Broker {
  readonly name = "orders";
  readonly #memory = new MemoryBroker();
  readonly guarantees: Guarantees = this.#memory.guarantees;
  #report: NonNullable<ConnectOptions["report"]> = () => {};
  #isAway = false;

  describe(): [] {
    return [];
  }

  async connect(options: ConnectOptions = {}): Promise<Connection> {
    const inner = await this.#memory.connect(options);
    this.#report = options.report ?? this.#report;
    const isAway = () => this.#isAway;
    return {
      get state() {
        return isAway() ? "reconnecting" : inner.state;
      },
      publisher: inner.publisher,
      closed: inner.closed,
      subscribe: (address, given) => inner.subscribe(address, given),
      shutdown: () => inner.shutdown(),
      [Symbol.asyncDispose]: () => inner.shutdown(),
    };
  }

  /** The connection is lost, or back. */
  away(isAway: boolean): void {
    this.#isAway = isAway;
    this.#report({ kind: isAway ? "disconnected" : "connected" });
  }
}

/** Asks a control plane. */
export function ask(
  control: ControlPlane,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  return control(new Request(`http://localhost${path}`, init));
}

/** The status and the text of an answer. */
export async function told(
  answer: Promise<Response>,
): Promise<readonly [number, string]> {
  const response = await answer;
  return [response.status, await response.text()];
}
