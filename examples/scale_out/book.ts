import { openSync, writeSync } from "node:fs";
import process from "node:process";

/** A book that all workers write into: a line each time an order is handled. */
export class Book {
  readonly #file: number;

  /** Opens the book at a path, or makes it. */
  constructor(path: string) {
    // Appending is one step for the system, so the lines stand in the order they were written, whoever wrote them.
    this.#file = openSync(path, "a");
  }

  /** Writes down that an order of a shop was handled. */
  write(shop: string, number: number): void {
    writeSync(this.#file, `${Date.now()} ${process.pid} ${shop} ${number}\n`);
  }
}
