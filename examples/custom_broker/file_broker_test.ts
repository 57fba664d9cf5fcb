import { conformance } from "@ruststream/conformance";
import { test } from "@ruststream/conformance/runner";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileBroker } from "./file_broker.ts";

// One directory for all checks, as processes would share it: each check has addresses of its own.
const directory = mkdtempSync(join(tmpdir(), "file-broker-"));

await conformance({
  name: "FileBroker",
  broker: () => new FileBroker({ directory, name: "files" }),
  maxBodyBytes: 1_048_576,
});

test("FileBroker: the directory goes with the run", () => {
  rmSync(directory, { recursive: true });
});
