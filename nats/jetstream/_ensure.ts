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

/** What a stream is to those who know it by another name: what a bucket of values stands on. */
export interface StreamGuise {
  /** What it is called in errors. By default `stream "NAME"`. */
  readonly called?: string;
  /** What its settings are called. By default as those of a stream. */
  readonly fields?: Fields;
  /** What else it is made with; where it is there, that is not compared. By default nothing. */
  readonly madeWith?: object;
}

/** Brings a stream into being, and returns its configuration. */
export async function ensureStream(
  api: Api,
  version: string,
  options: Pick<StreamOptions, "name" | "ensure">,
  signal?: AbortSignal,
  guise: StreamGuise = {},
): Promise<Wire | undefined> {
  const { name, ensure = "create" } = options;
  const { called = `stream "${name}"`, fields = streamFields } = guise;
  const deed = `declare ${called}`;
  checkName("stream", name);
  checkOptions(deed, options, [...Object.keys(fields), "ensure"]);
  checkVersion(deed, options, fields, version);
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
    name: called,
    ensure,
    asked: write(fields)(options),
    fields,
    find: () => api.stream(name, signal),
    make: (wire) =>
      ask("CREATE", { ...write(fields)(guise.madeWith ?? {}), ...wire }),
    change: (wire) => ask("UPDATE", wire),
  });
}
