/**
 * The table that the server in process and live ones are compared by.
 *
 * @module
 */
import { consumerScenarios } from "./_consumer_scenarios_test.ts";
import { publishScenarios } from "./_publish_scenarios_test.ts";
import { pullScenarios } from "./_pull_scenarios_test.ts";
import type { Scenarios } from "./_scenario_kit_test.ts";
import { streamScenarios } from "./_stream_scenarios_test.ts";

/** All scenarios. */
export const scenarios: Scenarios = {
  ...streamScenarios,
  ...publishScenarios,
  ...consumerScenarios,
  ...pullScenarios,
};
