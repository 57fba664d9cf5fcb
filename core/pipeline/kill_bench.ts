/**
 * Kills pipelines at each step over many messages, and prints what was lost and what came twice.
 *
 * Run it with `deno run -A core/pipeline/kill_bench.ts [messages] [seed]`; it exits with 1 where something was lost, or came twice without having been in hand at a kill. 10,000 messages unless said otherwise, and a seed of its own, which is printed and replays.
 *
 * @module
 */
import process from "node:process";
import { killRun, shapes, steps } from "./_kill_test.ts";

const [messages = 10_000, seed = Date.now() % 1_000_000] = process.argv.slice(2)
  .map(Number);
process.stdout.write(`${messages} messages, seed ${seed}\n`);
for (const step of steps) {
  for (const shape of shapes) {
    const report = await killRun({ step, shape, messages, seed });
    const { kills, lost, duplicates, unexplained } = report;
    process.stdout.write(
      `  ${step.padEnd(15)} ${
        shape.padEnd(8)
      } killed ${kills} times: ${lost} lost, ${duplicates} twice, ${unexplained} of them unexplained\n`,
    );
    if (lost + unexplained > 0) process.exitCode = 1;
  }
}
