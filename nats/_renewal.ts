import type { DialLink } from "./_dial_link.ts";
import type { Session } from "./session.ts";

// The server would end the connection before an answer could be used.
const leastMs = 500;
const longestHoldMs = 2_000;

/**
 * Signs in anew before credentials expire: then the server ends the connection, wherever it is.
 *
 * They are asked for some time before that, and again when half of what is left has passed. Only for those that last longer is the connection given up.
 */
export class Renewal {
  readonly #session: Session;
  readonly #link: DialLink;
  #cancel: () => void = () => {};

  constructor(session: Session, link: DialLink) {
    this.#session = session;
    this.#link = link;
    session.onChange((change) => {
      if (change === "connected") this.#plan();
      else if (change !== "lame-duck") this.#cancel();
    });
    this.#plan();
  }

  #plan(): void {
    this.#cancel();
    const { clock, settings: { renewAheadMs } } = this.#session;
    const leftMs = this.#link.expiresAtMs - clock.now();
    if (leftMs === Infinity || leftMs < leastMs) return;
    this.#cancel = clock.after(
      Math.max(leftMs - renewAheadMs, leftMs / 2),
      () => void this.#renew(),
    );
  }

  async #renew(): Promise<void> {
    const { auth } = this.#session.settings;
    const fixed = typeof auth !== "function" &&
      !(auth !== undefined && "credsFile" in auth);
    if (fixed) return this.#tell("they are fixed, so no others are asked for");
    try {
      if (await this.#link.renew()) {
        return await this.#session.redial(
          "Signing in anew, before the credentials expire",
          longestHoldMs,
        );
      }
      this.#tell("those that were given instead do not last longer");
    } catch (cause) {
      this.#tell("others could not be had", cause);
    }
    if (this.#session.connected) this.#plan();
  }

  #tell(why: string, cause?: unknown): void {
    const session = this.#session;
    if (!session.connected) return;
    const at = new Date(this.#link.expiresAtMs).toISOString();
    session.report({
      kind: "slow",
      detail: `The credentials of this connection expire at ${at}: ${why}`,
      ...(cause !== undefined && { cause }),
    });
  }
}
