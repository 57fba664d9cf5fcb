import { checkOptions, MessagingError } from "@ruststream/core/contract";
import { type Api, apiErrors } from "./_api.ts";
import {
  checkVersion,
  differences,
  type Fields,
  inWords,
  type Wire,
  write,
} from "./_fields.ts";
import { namingOthers } from "./_overlaps.ts";
import { streamFields } from "./_stream_fields.ts";
import type { Ensure, StreamOptions } from "./stream_options.ts";

/** Something of the server that is declared. */
interface Declared {
  /** What it is called in errors: `stream "ORDERS"`. */
  readonly name: string;
  readonly ensure: Ensure;
  readonly asked: Wire;
  readonly fields: Fields;
  /** What is there; undefined where it is not. */
  find(): Promise<Wire | undefined>;
  /** Makes it, and returns what the server made of it. */
  make(wire: Wire): Promise<Wire>;
  /** Changes it, and returns what the server made of it. */
  change(wire: Wire): Promise<Wire>;
}

function checkSame(declared: Declared, found: Wire, verb: string): void {
  const { name, asked, fields } = declared;
  const different = differences(asked, found);
  if (different.length === 0) return;
  throw new MessagingError(
    "refused",
    `Cannot ${verb} ${name}: ${inWords(different, fields)}`,
  );
}

/**
 * Brings something into being as it is declared, and returns what is there then; undefined where nobody looked.
 *
 * @throws {MessagingError} `refused` where it is missing, or is not as it was asked.
 */
export async function bringAbout(
  declared: Declared,
): Promise<Wire | undefined> {
  const { name, ensure, asked } = declared;
  if (ensure === "never") return undefined;
  const there = await declared.find();
  if (there === undefined) {
    if (ensure === "check") {
      throw new MessagingError(
        "refused",
        `Cannot use ${name}: it is not there`,
      );
    }
    const made = await declared.make(asked);
    checkSame(declared, made, "make");
    return made;
  }
  if (ensure !== "update" || differences(asked, there).length === 0) {
    checkSame(declared, there, "use");
    return there;
  }
  const changed = await declared.change({ ...there, ...asked });
  checkSame(declared, changed, "change");
  return changed;
}

const lawfulName = /^[^\s.*>/\\]+$/;

/**
 * Refuses what cannot name a stream or a consumer.
 *
 * @throws {TypeError} Where it is none.
 */
export function checkName(what: string, name: unknown): string {
  if (typeof name === "string" && lawfulName.test(name)) return name;
  throw new TypeError(
    `Cannot name a ${what} ${
      JSON.stringify(name)
    }: expected characters other than space, dot, wildcard and slash`,
  );
}

const streamOptions = [...Object.keys(streamFields), "ensure"];

/** Brings a stream into being, and returns its configuration. */
export async function ensureStream(
  api: Api,
  version: string,
  options: StreamOptions,
  signal?: AbortSignal,
): Promise<Wire | undefined> {
  const { name, ensure = "create" } = options;
  const deed = `declare stream "${name}"`;
  checkName("stream", name);
  checkOptions(deed, options, streamOptions);
  checkVersion(deed, options, streamFields, version);
  const ask = async (verb: string, wire: Wire): Promise<Wire> => {
    const answer = await namingOthers(
      () => api.ask(deed, `STREAM.${verb}.${name}`, wire, signal),
      [apiErrors.subjectsOverlap],
      async () => {
        const subjects = (wire["subjects"] ?? [name]) as readonly string[];
        const found = await Promise.all(
          subjects.map((subject) => api.streamsOf(subject, signal)),
        );
        return found.flat().filter((other) => other !== name);
      },
    );
    return answer["config"] as Wire;
  };
  return await bringAbout({
    name: `stream "${name}"`,
    ensure,
    asked: write(streamFields)(options),
    fields: streamFields,
    find: () => api.stream(name, signal),
    make: (wire) => ask("CREATE", wire),
    change: (wire) => ask("UPDATE", wire),
  });
}
