import { conformance } from "@ruststream/conformance";
import { test } from "@ruststream/conformance/runner";
import { bench } from "./conformance_bench.ts";

const options = bench();

await conformance(options);

test("FileBroker: the directory goes with the run", () => {
  options[Symbol.dispose]();
});
