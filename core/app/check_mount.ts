import type { Connection } from "../contract/broker.ts";
import type { Sink } from "../contract/source.ts";
import { checkSettings, refuseOption } from "../check_settings.ts";
import type { Definition } from "../definition.ts";
import { isElsewhere } from "./elsewhere.ts";
import type { MountOptions } from "./mount_options.ts";

const own = ["name", "source", "out", "reply", "deadLetterSink", "transaction"];

function isName(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isSink(value: unknown): boolean {
  return isElsewhere(value) ||
    typeof (value as Partial<Sink<never>> | null)?.open === "function";
}

/**
 * Checks what a mount says: whoever writes plain JavaScript hears of a mistake here.
 *
 * @throws {TypeError} If an option is unknown or of the wrong kind, or says something of what the handler does not have.
 * @throws {RangeError} If a number is out of its range.
 */
export function checkMount(
  { name, options }: Definition,
  mount: MountOptions<Connection>,
): void {
  const where = `the mount of "${name}"`;
  checkSettings(where, mount, own);
  if (mount.name !== undefined && !isName(mount.name)) {
    refuseOption(where, "name", "a string that is not empty", mount.name);
  }
  const { source, out = {}, reply, deadLetterSink, transaction } = mount;
  const lacks = (why: string): never => {
    throw new TypeError(`Cannot set ${where}: its handler ${why}`);
  };
  if (source !== undefined && typeof source !== "function") {
    refuseOption(where, "source", "a function from channel to source", source);
  }
  for (const slot of Object.keys(out)) {
    if (!Object.hasOwn(options.out ?? {}, slot)) {
      lacks(`declares no slot "${slot}"`);
    }
  }
  const sinks = { reply, deadLetterSink, transaction };
  for (const [slot, sink] of Object.entries(out)) {
    Object.assign(sinks, { [`out.${slot}`]: sink });
  }
  for (const [option, sink] of Object.entries(sinks)) {
    if (sink !== undefined && !isSink(sink)) {
      refuseOption(where, option, "a sink", sink);
    }
  }
  if (reply !== undefined && options.reply === undefined) {
    lacks("declares no reply");
  }
  if (options.transactional !== true) {
    if (transaction !== undefined) lacks("is not transactional");
  } else if (reply !== undefined || Object.keys(out).length > 0) {
    lacks("publishes in its transactions, so only those take a sink");
  }
}
