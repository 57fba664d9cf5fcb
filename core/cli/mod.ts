/**
 * The command line of an application: it runs, says what is in force, and takes what a file or a pipe holds.
 *
 * @module
 */
export type { Command, CommandContext, CommandOption } from "./command.ts";
export { listenHttp } from "./http_server.ts";
export type { HttpPlace, HttpServer } from "./http_server.ts";
export { main } from "./main.ts";
export type { MainOptions } from "./main.ts";
export { nearest } from "../nearest.ts";
export { nodeListener } from "./node_listener.ts";
export type { NodeListener, WebHandler } from "./node_listener.ts";
