import type { Clock } from "../contract/clock.ts";

/** A signal that ends a service. */
export type SignalName = "SIGINT" | "SIGTERM";

/** What is read from: a file or standard input, a chunk at a time. */
export interface Input {
  /** The next bytes, never written to again; undefined at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Lets go; also while a read is under way. */
  close(): Promise<void>;
}

/** The process, as far as the command line touches it; tests have their own. */
export interface World {
  /** The words after the program's name. */
  readonly args: readonly string[];
  readonly clock: Clock;
  /** How wide standard error is; undefined where it is no terminal. */
  readonly columns: number | undefined;
  /** Whether standard output is a terminal. */
  readonly terminal: boolean;
  /** Writes to standard output. */
  out(text: string): void;
  /** Resolves when all that was written to standard output has left. */
  flushed(): Promise<void>;
  /** Listens to whether the reader of standard output has gone, as `head` does, until what it returns is called. */
  onLeft(listener: () => void): () => void;
  /** Writes to standard error. */
  err(text: string): void;
  /** Opens a file, or standard input for `-`. */
  open(path: string): Promise<Input>;
  /** Writes a file, in the place of one that is there. */
  save(path: string, text: string): Promise<void>;
  /** Listens to signals until what it returns is called. */
  onSignal(listener: (name: SignalName) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}
