/**
 * Has a real Prometheus scrape the shop of the examples, on Deno, Node and Bun at once, and asks it for every metric.
 *
 * Run it with `deno task prometheus`. It exits with 1 where `promtool check metrics` says a word, or an answer is not what the page of the service says. Prometheus is taken from PATH, else from Debian's archive, once.
 *
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder, takeFromDebian } from "./debian.ts";
import { root } from "./repository.ts";
import { findRuntimes, type Runtime } from "./runtimes.ts";
import {
  type Answer,
  differences,
  readAnswer,
  readMetrics,
  type Series,
} from "./prometheus_page.ts";

/** What is scraped each second. */
interface Target {
  readonly runtime: Runtime["name"];
  readonly child: ChildProcess;
  readonly port: number;
}

function findPrometheus(): readonly [server: string, tool: string] {
  const isOnPath = ["prometheus", "promtool"].every((command) =>
    spawnSync(command, ["--version"]).status === 0
  );
  if (isOnPath) return ["prometheus", "promtool"];
  const [server, tool] = ["prometheus", "promtool"]
    .map((name) => join(cacheFolder("prometheus"), name)) as [string, string];
  if (!existsSync(server) || !existsSync(tool)) {
    takeFromDebian({ name: "prometheus", suite: "bookworm" }, {
      "usr/bin/promtool": tool,
      "usr/bin/prometheus": server,
    });
  }
  return [server, tool];
}

/** Waits until a look finds something. */
async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  for (let turn = 0; turn < 300; turn++) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new TypeError(`Cannot wait any longer for ${what}: 30 s are over`);
}

async function startService(runtime: Runtime): Promise<Target> {
  const flags = runtime.name === "Deno" ? ["run", "-A", "--no-check"] : [];
  const child = spawn(runtime.path, [
    ...flags,
    join(root, "_tools/metrics_service.ts"),
    "run",
    "--feed",
    `orders.acme.placed=${join(root, "examples/orders/orders.ndjson")}`,
  ], { stdio: ["ignore", "ignore", "pipe"], env: process.env });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text) => said += text);
  const port = await until(
    `the shop on ${runtime.name}`,
    () => /metrics on (\d+)/.exec(said)?.[1],
  );
  await until(`its feed on ${runtime.name}`, () => /^Fed /m.exec(said)?.[0]);
  return { runtime: runtime.name, child, port: Number(port) };
}

async function pageOf({ port }: Pick<Target, "port">): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}

/** The page once nothing changes any more. */
async function quietPage(target: Target): Promise<string> {
  let before = "";
  return await until(`rest on ${target.runtime}`, async () => {
    await sleep(300);
    const page = await pageOf(target);
    if (page === before) return page;
    before = page;
    return undefined;
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function startPrometheus(
  binary: string,
  work: string,
  port: number,
  targets: readonly Target[],
): ChildProcess {
  const scraped = targets.map(({ runtime, port }) =>
    `  - { job_name: ${runtime}, static_configs: [{ targets: ["127.0.0.1:${port}"] }] }`
  );
  const config = join(work, "prometheus.yml");
  writeFileSync(
    config,
    ["global: { scrape_interval: 1s }", "scrape_configs:", ...scraped, ""]
      .join("\n"),
  );
  return spawn(binary, [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(work, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ], { stdio: "ignore" });
}

async function ask(port: number, query: string): Promise<readonly Series[]> {
  const url = new URL(`http://127.0.0.1:${port}/api/v1/query`);
  url.searchParams.set("query", query);
  return readAnswer(await (await fetch(url)).json() as Answer);
}

/** What is wrong with one family, and a line about it. */
async function checkFamily(
  port: number,
  family: string,
  pages: ReadonlyMap<Target, readonly Series[]>,
): Promise<{ readonly line: string; readonly wrong: readonly string[] }> {
  const wrong: string[] = [];
  const told: string[] = [];
  for (const [{ runtime }, series] of pages) {
    const own = series.filter(({ name }) =>
      name === family ||
      /^_(bucket|sum|count)$/.test(name.slice(family.length)) &&
        name.startsWith(family)
    );
    const answered = await ask(
      port,
      `{__name__=~"${family}(_bucket|_sum|_count)?",job="${runtime}"}`,
    );
    wrong.push(
      ...differences(own, answered).map((text) => `${runtime}: ${text}`),
    );
    const counted = answered.filter(({ name }) =>
      name === family || name.endsWith("_count")
    );
    const sum = counted.reduce((all, { value }) => all + value, 0);
    told.push(
      answered.length === 0
        ? "no series".padStart(16)
        : `${sum} in ${answered.length}`.padStart(16),
    );
  }
  return { line: `${family.padEnd(46)}${told.join("")}`, wrong };
}

/** Lets promtool read a page: what it says, or nothing. */
function lint(tool: string, page: string): string {
  const { status, stdout, stderr } = spawnSync(tool, ["check", "metrics"], {
    input: page,
    encoding: "utf8",
  });
  const said = `${stdout}${stderr}`.trim();
  return status === 0 ? said : said || `it exits with ${status}`;
}

async function check(
  work: string,
  started: ChildProcess[],
): Promise<readonly string[]> {
  const [server, tool] = findPrometheus();
  const targets: Target[] = [];
  for (const runtime of Object.values<Runtime>({ ...findRuntimes() })) {
    const target = await startService(runtime);
    started.push(target.child);
    targets.push(target);
  }
  const texts = new Map<Target, string>();
  for (const target of targets) texts.set(target, await quietPage(target));
  const port = await freePort();
  started.push(startPrometheus(server, work, port, targets));
  await until("a scrape of each", async () => {
    const up = await ask(port, "up == 1").catch(() => []);
    return up.length === targets.length ? true : undefined;
  });
  const pages = new Map(
    [...texts].map(([target, text]) => [target, readMetrics(text).series]),
  );
  const [first = ""] = texts.values();
  const wrong = [...texts].flatMap(([{ runtime }, text]) => {
    const said = lint(tool, text);
    return said === "" ? [] : [`${runtime}: promtool says ${said}`];
  });
  const names = targets.map(({ runtime }) => runtime.padStart(16)).join("");
  process.stdout.write(`${"sum of values in series".padEnd(46)}${names}\n`);
  for (const family of readMetrics(first).families) {
    const one = await checkFamily(port, family, pages);
    process.stdout.write(`${one.line}\n`);
    wrong.push(...one.wrong);
  }
  return wrong;
}

if (import.meta.main) {
  const work = mkdtempSync(join(tmpdir(), "ruststream-prometheus-"));
  const started: ChildProcess[] = [];
  try {
    const wrong = await check(work, started);
    for (const line of wrong) process.stderr.write(`${line}\n`);
    process.stdout.write(
      wrong.length === 0
        ? "promtool has nothing to say, and Prometheus answers what the pages say\n"
        : "",
    );
    process.exitCode = wrong.length === 0 ? 0 : 1;
  } finally {
    for (const child of started) child.kill("SIGKILL");
    rmSync(work, { recursive: true, force: true });
  }
}
