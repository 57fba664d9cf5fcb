import type { RustStream } from "@ruststream/core";
import { asyncApiDocument } from "./document.ts";
import type { Json } from "./json.ts";
import type { DocumentOptions } from "./options.ts";
import { asyncApiHtml, pagePolicy } from "./view/page.ts";
import { toYaml } from "./yaml.ts";

/** One way to show a document, ready to be sent. */
export interface DocumentContent {
  /** The text. */
  readonly body: string;
  /** The value for the `Content-Type` header. */
  readonly contentType: string;
  /** The value for the `Content-Security-Policy` header. By default nothing may be loaded or run. */
  readonly contentSecurityPolicy?: string;
  /** Whoever keeps it asks each time whether it is still the same. */
  readonly cache: "revalidate";
}

/** What is known of who asks for a page. */
export interface DocumentVisit {
  /** Which of the page's types is wanted. */
  readonly type?: string | undefined;
}

/** A page of the control plane. */
export interface DocumentPage {
  /** The media types that it comes in, the preferred one first. */
  readonly types: readonly string[];
  /** Makes it. */
  page(visit?: DocumentVisit): DocumentContent;
}

/** What {@linkcode asyncApiPages} makes, by path. */
export interface DocumentPages {
  /** The page to read; the document itself for who wants JSON or YAML. */
  readonly "/asyncapi": DocumentPage;
  /** The document as JSON. */
  readonly "/asyncapi.json": DocumentPage;
  /** The document as YAML. */
  readonly "/asyncapi.yaml": DocumentPage;
}

const htmlType = "text/html";
const jsonType = "application/json";
const yamlType = "application/yaml";

type Write = (document: Json) => DocumentContent;

const writers: Readonly<Record<string, Write>> = {
  [htmlType]: (document) => ({
    body: asyncApiHtml(document, {
      links: { JSON: "asyncapi.json", YAML: "asyncapi.yaml" },
    }),
    contentType: `${htmlType}; charset=utf-8`,
    // Only a header can forbid frames.
    contentSecurityPolicy: `${pagePolicy}; frame-ancestors 'none'`,
    cache: "revalidate",
  }),
  [jsonType]: (document) => ({
    body: `${JSON.stringify(document, undefined, 2)}\n`,
    contentType: jsonType,
    cache: "revalidate",
  }),
  [yamlType]: (document) => ({
    body: toYaml(document),
    contentType: yamlType,
    cache: "revalidate",
  }),
};

/**
 * Makes pages of the document of an application, for `controlPlane` of `@ruststream/core/http`: at `/asyncapi` one to read, beside it the document as JSON and as YAML.
 *
 * Each is made when it is first asked for, and kept.
 *
 * @example The page of a service
 * ```ts
 * import assert from "node:assert/strict";
 * import { asyncApiPages } from "@ruststream/asyncapi";
 * import { RustStream } from "@ruststream/core";
 * import { controlPlane } from "@ruststream/core/http";
 *
 * const app = new RustStream({ title: "shop", version: "1.0.0" });
 * const control = controlPlane({ app, pages: { ...asyncApiPages(app) } });
 *
 * const page = await control(new Request("http://localhost/asyncapi"));
 * assert.match(await page.text(), /<h1>shop/);
 * const document = await control(new Request("http://localhost/asyncapi.json"));
 * assert.equal((await document.json()).asyncapi, "3.1.0");
 * ```
 *
 * @throws {TypeError} If the application cannot start as it is, or an option is unknown or names what is not there.
 */
export function asyncApiPages<State>(
  app: RustStream<State>,
  options: DocumentOptions = {},
): DocumentPages {
  const document = asyncApiDocument(app, options).document as unknown as Json;
  const made = new Map<string, DocumentContent>();
  const pageOf = (...types: readonly [string, ...string[]]): DocumentPage => ({
    types,
    page({ type } = {}) {
      const wanted = type !== undefined && types.includes(type)
        ? type
        : types[0];
      const there = made.get(wanted);
      if (there !== undefined) return there;
      const content = (writers[wanted] as Write)(document);
      made.set(wanted, content);
      return content;
    },
  });
  return {
    "/asyncapi": pageOf(htmlType, jsonType, yamlType),
    "/asyncapi.json": pageOf(jsonType),
    "/asyncapi.yaml": pageOf(yamlType),
  };
}
