/**
 * AsyncAPI: the document of an application, as a function and as a command.
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
  Details,
  DocumentOptions,
  DocumentTag,
  ExternalDocs,
  ParameterDetails,
} from "./options.ts";
export type { ToJsonSchema } from "./wire_schema.ts";
export { toYaml } from "./yaml.ts";
