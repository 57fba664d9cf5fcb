import type { RustStream } from "../app/ruststream.ts";
import type { Pages } from "../http/page.ts";
import { type Call, readCall } from "./args.ts";
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { deadLettersCommand } from "./dead_letters_command.ts";
import { describeCommand } from "./describe_command.ts";
import { errorLine, errorTrace } from "./failure.ts";
import { commandHelp, mainHelp, version } from "./help.ts";
import { readText, saveText } from "./files.ts";
import { Output } from "./output.ts";
import { processWorld, thisProcess } from "./process_world.ts";
import { publishCommand } from "./publish_command.ts";
import { requestCommand } from "./request_command.ts";
import { runCommand } from "./run_command.ts";
import { Signals } from "./signals.ts";
import { tailCommand } from "./tail_command.ts";
import type { World } from "./world.ts";

/** Options for {@linkcode main}. */
export interface MainOptions {
  /** Commands of other modules, beside `run`, `describe`, `publish`, `request`, `tail` and `dead-letters`. By default there are none. */
  readonly commands?: readonly Command[];
  /** What `run --http` serves beside `/livez` and `/readyz`, by its path. By default nothing. */
  readonly pages?: Pages;
  /** The words to read. By default those that the process was started with. */
  readonly args?: readonly string[];
}

/**
 * Runs one command of an application, and resolves with the exit code, which it also gives to the process.
 *
 * `run` is the default. 0: it went well. 1: it did not start, failed, or could not handle all that it was fed. 2: it was called wrongly.
 * The first SIGINT or SIGTERM drains; a second one ends the process at once, with 130 or 143. It never rejects.
 *
 * @example Which subscribers there are
 * ```ts
 * import assert from "node:assert/strict";
 * import { channel, RustStream, subscriber } from "@ruststream/core";
 * import { main } from "@ruststream/core/cli";
 * import { MemoryBroker } from "@ruststream/memory";
 *
 * const orders = channel<{ id: number }>("orders");
 * const app = new RustStream({ title: "orders", version: "0.1.0" })
 *   .withBroker(new MemoryBroker(), (b) => b.include(subscriber(orders, () => {})));
 * assert.equal(await main(app, { args: ["describe", "--json"] }), 0);
 * ```
 *
 * @typeParam State What the application's state is.
 * @param app The application; nothing of it runs before this.
 * @returns The exit code.
 */
export async function main<State>(
  app: RustStream<State>,
  options: MainOptions = {},
): Promise<number> {
  const world = processWorld(options.args);
  const ran = await runMain(app as RustStream<unknown>, options, world);
  const failure = await world.end();
  const code = failure === undefined ? ran : Math.max(ran, 1);
  thisProcess().exitCode = code;
  return code;
}

/** Runs one command in a world that may be a test's, and resolves with the exit code. */
export async function runMain(
  app: RustStream<unknown>,
  { commands = [], pages = {} }: MainOptions,
  world: World,
): Promise<number> {
  const output = new Output(world);
  const signals = new Signals(world, output);
  let traced = world.args.includes("--trace");
  try {
    const all = [
      runCommand(world, output, signals, pages),
      describeCommand(),
      publishCommand(world),
      requestCommand(world),
      tailCommand(world),
      deadLettersCommand(world),
      ...commands,
    ];
    checkCommands(all);
    const call = readCall(all, world.args);
    traced = call.options.has("trace");
    return await carryOut(app, all, call, output, signals, world);
  } catch (error) {
    if (error instanceof UsageError) {
      output.say(error.message);
      return 2;
    }
    output.say(traced ? errorTrace(error) : errorLine(error));
    return 1;
  } finally {
    output.clear();
    signals.release();
  }
}

function checkCommands(commands: readonly Command[]): void {
  const names = new Set<string>();
  for (const { name } of commands) {
    if (names.has(name)) {
      throw new TypeError(
        `Cannot add command "${name}": there is one of that name`,
      );
    }
    if (!/^[a-z][a-z0-9-]*$/.test(name)) {
      throw new TypeError(
        `Cannot add command "${name}": expected a word of small letters, digits and "-"`,
      );
    }
    names.add(name);
  }
}

async function carryOut(
  app: RustStream<unknown>,
  commands: readonly Command[],
  { command, named, words, options }: Call,
  output: Output,
  signals: Signals,
  world: World,
): Promise<number> {
  if (options.has("help")) {
    output.write(named ? commandHelp(command) : mainHelp(app.info, commands));
    return 0;
  }
  // A command may have one of its own.
  if (options.has("version") && command.options?.version === undefined) {
    output.write(version(app.info));
    return 0;
  }
  const context: CommandContext = {
    app,
    words,
    signal: signals.signal,
    has: (option) => options.has(option),
    value: (option) => options.get(option)?.[0],
    values: (option) => options.get(option) ?? [],
    read: (path) => readText(world, path),
    save: (path, text) => saveText(world, path, text),
    write: (text) => output.write(text),
    say: (line) => output.say(line),
    refuse(line) {
      throw new UsageError(line);
    },
  };
  return await command.run(context) ?? 0;
}
