/**
 * What an application does, on the diagnostics channels of the runtime: whoever subscribes there needs nothing of the application.
 *
 * @module
 */
export { channelNames } from "./channel_names.ts";
export type { DiagnosticsEvents } from "./channel_names.ts";
export { diagnostics } from "./diagnostics.ts";
