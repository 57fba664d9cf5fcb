import type { Command, CommandContext } from "@ruststream/core/cli";
import { asyncApiDocument, type Documented } from "./document.ts";
import type { Json } from "./json.ts";
import { checkDocument } from "./lint/lint.ts";
import {
  type AsyncApiVersion,
  type DocumentOptions,
  versions,
} from "./options.ts";
import { toYaml } from "./yaml.ts";

/** Makes the document of the application, and says what it cannot show. */
function make(
  { app, say, value }: CommandContext,
  options: DocumentOptions,
): Documented["document"] {
  const version = value("version");
  const { document, gaps } = asyncApiDocument(app, {
    ...options,
    ...(version !== undefined && { version: version as AsyncApiVersion }),
  });
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

function refuseCall({ words, has, value, refuse }: CommandContext): void {
  const [word, file] = words;
  if (word !== "gen" && word !== "check") {
    refuse(
      word === undefined
        ? 'Cannot run "asyncapi": say "asyncapi gen" or "asyncapi check"'
        : `Cannot run "asyncapi ${word}": there are gen and check`,
    );
  }
  const surplus = word === "gen" ? file : words[2];
  if (surplus !== undefined) {
    refuse(`Cannot take "${surplus}": "asyncapi ${word}" takes no more words`);
  }
  for (const option of ["output", "yaml"]) {
    if (word === "check" && has(option)) {
      refuse(`Cannot take "--${option}": it is for "asyncapi gen"`);
    }
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
 * Makes the command `asyncapi`: `gen` writes the document of the application, and `check` checks it, or a file of JSON.
 *
 * `gen` says on standard error which payloads have no schema. `check` writes a line for each rule that is broken: where, which one, and what must hold; then the process exits with 1.
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
    summary: "Write the AsyncAPI document, or check it or a file",
    usage: "gen|check [FILE]",
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
    },
    async run(context) {
      refuseCall(context);
      const [word, file] = context.words;
      if (word === "check") return await check(context, file, options);
      return await generate(context, options);
    },
  };
}
