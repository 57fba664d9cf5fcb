import { readFile } from "node:fs/promises";
import type { NatsTlsOptions } from "./options.ts";
import { MessagingError } from "@ruststream/core/contract";

/** What TLS needs, with all files read. */
export interface TlsSettings {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly handshakeFirst?: boolean;
}

/**
 * Reads a file that a connection needs.
 *
 * @throws {MessagingError} `refused`, if it cannot be read.
 */
export async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new MessagingError(
      "refused",
      `Cannot read the ${what} "${path}": ${
        (cause as { readonly code?: string }).code ?? "it cannot be opened"
      }`,
      { cause },
    );
  }
}

/** Reads the files. */
export async function readTls(options: NatsTlsOptions): Promise<TlsSettings> {
  const { handshakeFirst = false } = options;
  const [ca, cert, key] = await Promise.all(
    (["ca", "cert", "key"] as const).map((name) => {
      const path = options[`${name}File`];
      return path === undefined
        ? options[name]
        : readText(path, `${name} file`);
    }),
  );
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    handshakeFirst,
  };
}
