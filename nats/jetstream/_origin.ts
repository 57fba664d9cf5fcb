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
// domain and the hash of an account, and then with a token more at its end.
const prefix = "$JS.ACK.";
const short = 9;
const dot = 46;
const zero = 48;

function dots(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) === dot) count++;
  }
  return count;
}

/** Reads what each delivery needs at once, and the rest when somebody looks. */
class ReplySubject implements Origin {
  readonly attempt: number;
  readonly sequence: number;
  readonly #reply: string;
  readonly #stream: number;
  #tokens: readonly string[] | undefined;

  constructor(reply: string) {
    this.#reply = reply;
    this.#stream = dots(reply) === short - 1 ? 2 : 4;
    let at = 0;
    for (let skip = this.#stream + 2; skip > 0; skip--) {
      at = reply.indexOf(".", at) + 1;
    }
    this.attempt = digits(reply, at);
    this.sequence = digits(reply, reply.indexOf(".", at) + 1);
  }

  get stream(): string {
    return this.#token(0);
  }

  get consumer(): string {
    return this.#token(1);
  }

  get consumerSequence(): number {
    return Number(this.#token(4));
  }

  get storedAtMs(): number {
    return Math.floor(Number(this.#token(5)) / 1_000_000);
  }

  get pending(): number {
    return Number(this.#token(6));
  }

  #token(index: number): string {
    this.#tokens ??= this.#reply.split(".");
    return this.#tokens[this.#stream + index] ?? "";
  }
}

/** The number that begins at a place, and ends with its token. */
function digits(text: string, from: number): number {
  let number = 0;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === dot) break;
    number = number * 10 + code - zero;
  }
  return number;
}

/** Reads a reply subject; undefined where it is none of JetStream's. */
export function originOf(reply: string | undefined): Origin | undefined {
  return reply?.startsWith(prefix) ? new ReplySubject(reply) : undefined;
}
