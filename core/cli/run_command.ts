import type { Pages } from "../http/page.ts";
import { type Command, UsageError } from "./command.ts";
import { errorLine } from "./failure.ts";
import { Feed } from "./feed.ts";
import type { Output } from "./output.ts";
import { isCode } from "./input.ts";
import { readRunPlan, runOptions, type RunPlan } from "./run_options.ts";
import { servePages } from "./serve_pages.ts";
import { Service } from "./service.ts";
import type { Signals } from "./signals.ts";
import type { World } from "./world.ts";

/** Makes `run`: the service, until it is stopped; with `--feed`, what a file holds goes into it. */
export function runCommand(
  world: World,
  output: Output,
  signals: Signals,
  pages: Pages,
): Command {
  return {
    name: "run",
    summary: "Run the service until SIGINT or SIGTERM",
    options: runOptions,
    async run(context) {
      const description = context.app.describe();
      const plan = readRunPlan(context, description);
      // From before the start: who waits for it can see how far it is.
      const server = await servePages(plan.http, pages, context, world);
      try {
        const feeds = await openFeeds(plan, world);
        const service = { context, world, output, signals, description, plan };
        return await new Service(service, feeds).run();
      } finally {
        await server?.close();
      }
    },
  };
}

async function openFeeds(
  { feeds }: RunPlan,
  world: World,
): Promise<readonly Feed[]> {
  const opened: Feed[] = [];
  for (const plan of feeds) {
    try {
      opened.push(new Feed(plan, await world.open(plan.file)));
    } catch (error) {
      for (const feed of opened) await feed.close();
      throw new UsageError(
        `Cannot feed "${plan.address}": ${
          isCode(error, "ENOENT")
            ? `there is no file "${plan.file}"`
            : errorLine(error)
        }`,
      );
    }
  }
  return opened;
}
