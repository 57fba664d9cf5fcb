import type { NatsConnection as NativeConnection } from "@nats-io/nats-core";
import { type Client, muteBy, orderBy } from "./_client.ts";

/** The client over a transport that is not ours: it is written to by its own way, and what its socket holds is not known. */
export class NativeClient implements Client {
  readonly nc: NativeConnection;
  readonly owned: boolean;
  readonly corks = false;

  constructor(nc: NativeConnection, owned: boolean) {
    this.nc = nc;
    this.owned = owned;
  }

  get held(): number {
    return 0;
  }

  write(
    subject: string,
    reply: string,
    headers: Uint8Array | undefined,
    body: Uint8Array,
  ): boolean {
    if (this.nc.isClosed()) return false;
    this.nc.publish(subject, body.slice(), {
      ...(reply !== "" && { reply }),
      // All that the client asks of headers when it publishes is to encode themselves.
      ...(headers !== undefined &&
        { headers: { encode: () => headers } as never }),
    });
    return true;
  }

  mute(subscription: unknown): void {
    muteBy(this.nc, subscription);
  }

  order(): void {
    orderBy(this.nc);
  }
}
