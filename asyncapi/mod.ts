/**
 * AsyncAPI: the document of an application as a function, a command and pages to read.
 *
 * @module
 */
export { asyncApiDocument } from "./document.ts";
export type { AsyncApiDocument, Documented } from "./document.ts";
export { asyncApi } from "./command.ts";
export type { Json, JsonObject } from "./json.ts";
export { checkDocument, documentRules } from "./lint/lint.ts";
export type { DocumentRule, Violation } from "./lint/lint.ts";
export type { Gap } from "./messages.ts";
export type {
  AsyncApiVersion,
  ChannelDetails,
  Details,
  DocumentOptions,
  DocumentTag,
  ExternalDocs,
  MessageDetails,
  ParameterDetails,
} from "./options.ts";
export { asyncApiPages } from "./pages.ts";
export type {
  DocumentContent,
  DocumentPage,
  DocumentPages,
  DocumentVisit,
} from "./pages.ts";
export type { ToJsonSchema } from "./wire_schema.ts";
export { asyncApiHtml, pagePolicy } from "./view/page.ts";
export type { HtmlOptions } from "./view/page.ts";
export { toYaml } from "./yaml.ts";
