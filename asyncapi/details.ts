import { asJson, type JsonObject } from "./json.ts";
import { type BindingPlace, writeBindings } from "./bindings.ts";
import type { Details, MessageDetails } from "./options.ts";

/** What options say of a channel or its messages, as a document has it. */
export function toldDetails(
  place: BindingPlace,
  { bindings: given, ...rest }: MessageDetails = {},
): { readonly told: JsonObject; readonly bindings: JsonObject } {
  const { bindings, extensions } = writeBindings(place, given);
  return {
    told: asJson(rest) as JsonObject,
    bindings: { ...(bindings !== undefined && { bindings }), ...extensions },
  };
}

/** What options say of something, as a document has it. */
export function details(
  { security, ...rest }: Details = {},
): JsonObject {
  return {
    ...asJson(rest) as JsonObject,
    ...(security !== undefined && {
      security: security.map((name) => ({
        $ref: `#/components/securitySchemes/${name}`,
      })),
    }),
  };
}
