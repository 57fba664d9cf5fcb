import { asJson, type JsonObject } from "./json.ts";
import type { Details } from "./options.ts";

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
