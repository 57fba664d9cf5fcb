import type { Rule } from "./rule.ts";
import { bindingRules } from "./rules_binding.ts";
import { channelRules } from "./rules_channel.ts";
import { documentRules } from "./rules_document.ts";
import { messageRules } from "./rules_message.ts";
import { operationRules } from "./rules_operation.ts";
import { referenceRules } from "./rules_reference.ts";
import { schemaRules } from "./rules_schema.ts";
import { serverRules } from "./rules_server.ts";
import { shapeRules } from "./rules_shape.ts";

/** All rules. One that looks at several kinds of objects is there for each. */
export const rules: readonly Rule[] = [
  ...shapeRules,
  ...documentRules,
  ...serverRules,
  ...channelRules,
  ...operationRules,
  ...messageRules,
  ...schemaRules,
  ...referenceRules,
  ...bindingRules,
];
