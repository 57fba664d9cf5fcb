import { conformance } from "@ruststream/conformance";
import { coreBench, jetStreamBench } from "./inside_bench.ts";

await conformance(coreBench());
await conformance(jetStreamBench());
