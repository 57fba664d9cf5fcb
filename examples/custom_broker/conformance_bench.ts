/**
 * How the conformance suite tries this broker.
 *
 * @module
 */
import type { ConformanceRunOptions } from "@ruststream/conformance";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileBroker, type FileConnection } from "./file_broker.ts";

/** Makes the bench of one run. Its checks share one directory, as processes would; disposing removes it. */
export function bench(): ConformanceRunOptions & Disposable {
  const directory = mkdtempSync(join(tmpdir(), "file-broker-"));
  return {
    name: "FileBroker",
    broker: () => new FileBroker({ directory, name: "files" }),
    maxBodyBytes: 1_048_576,
    kept: (connection) => connection as FileConnection,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}
