import type { Command, CommandContext } from "@ruststream/core/cli";
import { asyncApiDocument, type Documented } from "./document.ts";
import { fromYaml } from "./from_yaml.ts";
import type { Json } from "./json.ts";
import { checkDocument } from "./lint/lint.ts";
import {
  type AsyncApiVersion,
  type DocumentOptions,
  versions,
} from "./options.ts";
import { defaultPort, serve } from "./serve.ts";
import { toYaml } from "./yaml.ts";

function withVersion(
  { value }: CommandContext,
  options: DocumentOptions,
): DocumentOptions {
  const version = value("version");
  return version === undefined
    ? options
    : { ...options, version: version as AsyncApiVersion };
}

/** Makes the document of the application, and says what it cannot show. */
function make(
  context: CommandContext,
  options: DocumentOptions,
): Documented["document"] {
  const { app, say } = context;
  const { document, gaps } = asyncApiDocument(
    app,
    withVersion(context, options),
  );
  for (const { address, part, why } of gaps) {
    say(`Cannot show the ${part} of "${address}": ${why}`);
  }
  return document;
}

async function generate(
  context: CommandContext,
  options: DocumentOptions,
): Promise<void> {
  const document = make(context, options);
  const text = context.has("yaml")
    ? toYaml(document as unknown as Json)
    : `${JSON.stringify(document, undefined, 2)}\n`;
  const file = context.value("output");
  if (file === undefined) context.write(text);
  else await context.save(file, text);
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!file.endsWith(".json")) return fromYaml(text, file);
    throw new TypeError(`Cannot check "${file}": it is not JSON`, { cause });
  }
}

async function check(
  context: CommandContext,
  file: string | undefined,
  options: DocumentOptions,
): Promise<number> {
  const document = file === undefined
    ? make(context, options)
    : parse(file, await context.read(file));
  const found = checkDocument(document);
  for (const { pointer, rule, says } of found) {
    context.write(`${pointer === "" ? "/" : pointer} ${rule}: ${says}\n`);
  }
  return found.length > 0 ? 1 : 0;
}

/** The words of the command, and which options are for which. */
const optionsOf: Readonly<Record<string, readonly string[]>> = {
  gen: ["output", "yaml", "version"],
  check: ["version"],
  serve: ["host", "port", "version"],
};

function refuseCall({ words, has, value, refuse }: CommandContext): void {
  const [word, file] = words;
  const own = word === undefined ? undefined : optionsOf[word];
  if (own === undefined) {
    return refuse(
      word === undefined
        ? 'Cannot run "asyncapi": say "asyncapi gen", "asyncapi check" or "asyncapi serve"'
        : `Cannot run "asyncapi ${word}": there are gen, check and serve`,
    );
  }
  const surplus = word === "check" ? words[2] : file;
  if (surplus !== undefined) {
    refuse(`Cannot take "${surplus}": "asyncapi ${word}" takes no more words`);
  }
  for (const option of new Set(Object.values(optionsOf).flat())) {
    if (own.includes(option) || !has(option)) continue;
    const others = Object.keys(optionsOf)
      .filter((other) => optionsOf[other]?.includes(option));
    refuse(
      `Cannot take "--${option}": it is for "asyncapi ${others.join(", ")}"`,
    );
  }
  const version = value("version");
  if (version !== undefined && file !== undefined) {
    refuse('Cannot take "--version": a file has a version of its own');
  }
  if (
    version !== undefined && !versions.some((lawful) => lawful === version)
  ) {
    refuse(
      `Cannot take "--version ${version}": there are ${versions.join(" and ")}`,
    );
  }
}

/**
 * Makes the command `asyncapi`: `gen` writes the document of the application, `check` checks it, or a file of JSON or YAML, and `serve` shows it as a page to read.
 *
 * `gen` says on standard error which payloads have no schema. `check` writes a line for each rule that is broken: where, which one, and what must hold; then the process exits with 1. `serve` listens on this machine only, unless `--host` says otherwise, until SIGINT or SIGTERM.
 *
 * @example A command of an application
 * ```ts
 * import assert from "node:assert/strict";
 * import { asyncApi } from "@ruststream/asyncapi";
 * import { RustStream } from "@ruststream/core";
 * import { main } from "@ruststream/core/cli";
 *
 * const app = new RustStream({ title: "shop", version: "1.0.0" });
 * assert.equal(await main(app, { commands: [asyncApi()], args: ["asyncapi", "check"] }), 0);
 * ```
 */
export function asyncApi(options: DocumentOptions = {}): Command {
  return {
    name: "asyncapi",
    summary: "Write the AsyncAPI document, check it or a file, or show it",
    usage: "gen|check [FILE]|serve",
    options: {
      output: {
        summary: "gen: write into a file",
        value: "FILE",
        short: "o",
      },
      yaml: { summary: "gen: write YAML, not JSON" },
      version: {
        summary: `The version of AsyncAPI, ${versions.join(" or ")}`,
        value: "VERSION",
      },
      host: {
        summary: "serve: where to listen, 127.0.0.1 if not said",
        value: "HOST",
      },
      port: {
        summary: `serve: the port, ${defaultPort} if not said, 0 for any`,
        value: "PORT",
      },
    },
    async run(context) {
      refuseCall(context);
      const [word, file] = context.words;
      if (word === "check") return await check(context, file, options);
      if (word === "serve") {
        return await serve(context, withVersion(context, options));
      }
      return await generate(context, options);
    },
  };
}
