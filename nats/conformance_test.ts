import { conformance } from "@ruststream/conformance";
import { bench } from "./conformance_bench.ts";

await conformance(await bench());
