import { type Awaitable, isPromiseLike } from "../contract/awaitable.ts";
import { isMessagingError } from "../contract/errors.ts";
import type { Message } from "../contract/message.ts";
import { backoffMs } from "../dispatch/decide.ts";
import { acked, failed, unencodable } from "../dispatch/end.ts";
import { errorText } from "../dispatch/error_text.ts";
import { publishBy } from "../dispatch/outgoing.ts";
import type { PipeEnv } from "../dispatch/pipe.ts";
import type { Destination } from "../dispatch/route.ts";
import type { Naming } from "../publish/message_id.ts";
import { isUnlawful } from "../publish/publish_middleware.ts";
import type { Claim } from "./claim.ts";
import type { Link, Place } from "./link.ts";

/** What a sink publishes to, and how. */
export interface SinkTarget {
  readonly to: Pick<Destination, "publisher" | "namer">;
  readonly address: string;
  readonly maxConfirms: number;
  /** Makes the message of a payload. */
  prepare(payload: unknown, naming: Naming | undefined): Awaitable<Message>;
}

/** One message on its way, over all its tries. */
interface Publishing {
  readonly message: Message;
  readonly claim: Claim;
  failures: number;
  /** Ends the wait for the next try. */
  cancel: (() => void) | undefined;
}

/** Whether the message is what is wrong, and not who should take it. */
function isAtFault({ publisher }: SinkTarget["to"], cause: unknown): boolean {
  return isMessagingError(cause)
    ? cause.code === "too-large"
    : isUnlawful(publisher, cause);
}

/** The last link: publishes, and ends what is owed when that is confirmed. */
export class SinkLink implements Link {
  readonly #target: SinkTarget;
  readonly #env: PipeEnv;
  /** Those that wait for their next try. */
  readonly #waiting = new Set<Publishing>();
  #inFlight = 0;
  #free: (() => void) | undefined = undefined;
  #ends: (() => void)[] = [];

  constructor(target: SinkTarget, env: PipeEnv) {
    this.#target = target;
    this.#env = env;
  }

  push(
    payload: unknown,
    claim: Claim,
    at: Place,
  ): Promise<void> | undefined {
    if (claim.isDead) {
      claim.skip();
      return undefined;
    }
    let message: Awaitable<Message>;
    try {
      message = this.#target.prepare(payload, this.#naming(claim, at));
    } catch (error) {
      claim.end(unencodable(error));
      return undefined;
    }
    if (!isPromiseLike<Message>(message)) {
      return this.#begin(message, claim);
    }
    // In turn, so that messages go out in the order pushed.
    return this.#beginLater(message, claim);
  }

  idle(): void {
    // It holds nothing back.
  }

  async end(): Promise<void> {
    while (this.#inFlight > 0) {
      await new Promise<void>((resolve) => this.#ends.push(resolve));
    }
  }

  drop(): void {
    for (const publishing of this.#waiting) {
      publishing.cancel?.();
      publishing.claim.unpark();
      publishing.claim.skip();
      this.#less();
    }
    this.#waiting.clear();
  }

  /** What names a message: a repetition of a part gets the id it had. Batches come together anew each time. */
  #naming(claim: Claim, at: Place): Naming | undefined {
    const { namer } = this.#target.to;
    return claim.isBatch
      ? namer?.random
      : namer?.for(claim.deliveries, String(at));
  }

  #beginLater(message: PromiseLike<Message>, claim: Claim): Promise<void> {
    return Promise.resolve(message).then(
      (made) => this.#begin(made, claim),
      (error) => claim.end(unencodable(error)),
    );
  }

  #begin(message: Message, claim: Claim): Promise<void> | undefined {
    const { to, maxConfirms } = this.#target;
    const sent = publishBy(to, message, claim);
    if (!isPromiseLike(sent)) {
      claim.end(acked);
      return undefined;
    }
    this.#inFlight++;
    this.#follow(sent, {
      message,
      claim,
      failures: 0,
      cancel: undefined,
    });
    return this.#inFlight < maxConfirms ? undefined : this.#untilFree();
  }

  #untilFree(): Promise<void> {
    return new Promise((resolve) => {
      this.#free = resolve;
    });
  }

  #follow(sent: PromiseLike<unknown>, publishing: Publishing): void {
    sent.then(
      () => {
        publishing.claim.end(acked);
        this.#less();
      },
      (cause) => this.#failed(publishing, cause),
    );
  }

  #failed(publishing: Publishing, cause: unknown): void {
    const { claim } = publishing;
    if (claim.isGone || !isMessagingError(cause) || !cause.retryable) {
      claim.end(
        isAtFault(this.#target.to, cause) ? unencodable(cause) : failed(cause),
      );
      return this.#less();
    }
    const { clock, policy } = this.#env;
    const failures = ++publishing.failures;
    this.#tell(failures, cause);
    this.#waiting.add(publishing);
    const afterMs = backoffMs(policy, failures, clock.random());
    claim.park(clock.now() + afterMs);
    publishing.cancel = clock.after(afterMs, () => this.#again(publishing));
  }

  #again(publishing: Publishing): void {
    const { claim, message } = publishing;
    this.#waiting.delete(publishing);
    publishing.cancel = undefined;
    claim.unpark();
    if (claim.isGone) {
      claim.skip();
      return this.#less();
    }
    this.#follow(
      Promise.resolve(publishBy(this.#target.to, message, claim)),
      publishing,
    );
  }

  /** Told for the first failure of a message, and then for its 10th, 100th, … */
  #tell(failures: number, cause: unknown): void {
    if (!/^10*$/.test(String(failures))) return;
    const { name, notice } = this.#env;
    const { address } = this.#target;
    notice({
      level: "warn",
      code: "failing",
      subscriber: name,
      address,
      message:
        `Cannot publish to "${address}" from "${name}": failed ${failures} times, and will try again: ${
          errorText(cause)
        }`,
      error: cause,
    });
  }

  #less(): void {
    this.#inFlight--;
    const free = this.#free;
    this.#free = undefined;
    free?.();
    if (this.#inFlight > 0) return;
    for (const resolve of this.#ends.splice(0)) resolve();
  }
}
