/**
 * The control plane beside the routes of a Hono application, under a path of its own.
 *
 * @module
 */
import { Hono } from "hono";
import { control } from "./app.ts";

/** A site of its own, and what is to be seen of the service behind it. */
export const site: Hono = new Hono()
  .get("/", (c) => c.text("the shop"))
  .mount("/ops", control);
