/** What a delivery's reply subject tells of where it comes from. */
export interface Origin {
  readonly stream: string;
  readonly consumer: string;
  readonly attempt: number;
  readonly sequence: number;
  readonly consumerSequence: number;
  readonly storedAtMs: number;
  readonly pending: number;
}

// $JS.ACK.<stream>.<consumer>.<attempt>.<sequence>.<consumer sequence>.<nanoseconds>.<pending>, or the same behind a
// domain and the hash of an account.
const short = 9;

/** Reads a reply subject; undefined where it is none of JetStream's. */
export function originOf(reply: string | undefined): Origin | undefined {
  if (reply === undefined || !reply.startsWith("$JS.ACK.")) return undefined;
  const tokens = reply.split(".");
  const at = tokens.length === short ? 2 : 4;
  const number = (index: number): number => Number(tokens[at + index]);
  return {
    stream: tokens[at] ?? "",
    consumer: tokens[at + 1] ?? "",
    attempt: number(2),
    sequence: number(3),
    consumerSequence: number(4),
    storedAtMs: Math.floor(number(5) / 1_000_000),
    pending: number(6),
  };
}
