/**
 * The command line of an application: it runs, says what is in force, and takes what a file or a pipe holds.
 *
 * @module
 */
export type { Command, CommandContext, CommandOption } from "./command.ts";
export { main } from "./main.ts";
export type { MainOptions } from "./main.ts";
export { nearest } from "./nearest.ts";
