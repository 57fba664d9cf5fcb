import { etagOf, isNamed } from "./etag.ts";
import type { PageContent } from "./page.ts";

const nothingAllowed =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const encoder = new TextEncoder();

/** What a response says beside its content. */
export interface SendOptions {
  /** @default {200} */
  readonly status?: number;
  /** More headers. By default there are none. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes a response: to HEAD without its body, and none at all of what who asks has already. */
export async function send(
  request: Request,
  content: PageContent,
  { status = 200, headers: more = {} }: SendOptions = {},
): Promise<Response> {
  const { body, contentType, contentSecurityPolicy, cache } = content;
  const bytes = encoder.encode(checkedText(body));
  const headers = new Headers({
    "cache-control": cache === "revalidate" ? "no-cache" : "no-store",
    "content-security-policy": contentSecurityPolicy ?? nothingAllowed,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    ...more,
  });
  if (cache === "revalidate") {
    const etag = await etagOf(bytes);
    headers.set("etag", etag);
    if (isNamed(request.headers.get("if-none-match"), etag)) {
      return new Response(null, { status: 304, headers });
    }
  }
  headers.set("content-type", contentType);
  headers.set("content-length", String(bytes.length));
  const isHead = request.method === "HEAD";
  return new Response(isHead ? null : bytes, { status, headers });
}

/** Makes a response of one line. */
export function sendLine(
  request: Request,
  status: number,
  line: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const contentType = "text/plain; charset=utf-8";
  return send(request, { body: `${line}\n`, contentType }, { status, headers });
}

function checkedText(body: unknown): string {
  if (typeof body === "string") return body;
  throw new TypeError(
    `Cannot send a page: its body must be a string, found ${typeof body}`,
  );
}
