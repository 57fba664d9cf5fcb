import {
  deliveredHeaders,
  headers,
  type HeadersInput,
  isDelivered,
} from "../contract/headers.ts";
import type { Opened, Outs } from "../publish/out.ts";

/** One header, as it is put on what has none of that name. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

interface Fielded {
  readonly headers?: HeadersInput;
}

type AnyMethod = (...args: readonly unknown[]) => unknown;

/** What of a slot sends a message, and where among its arguments the options are. */
const optionsAt: ReadonlyMap<string, number> = new Map([
  ["publish", 1],
  ["request", 1],
  ["requestMany", 1],
  ["schedule", 2],
]);

/** The same headers with one more, unless they have it. Those of a delivery stay known as such: what is reserved among them is left out, not refused. */
export function withField(
  input: HeadersInput | undefined,
  { name, value }: Field,
): HeadersInput {
  if (input === undefined) return { [name]: value };
  const fields = headers(input);
  const all = [
    ...fields,
    ...(fields.has(name) ? [] : [[name, value] as const]),
  ];
  return isDelivered(input) ? deliveredHeaders(headers(all)) : all;
}

function withOptions(
  args: readonly unknown[],
  at: number,
  field: Field,
): readonly unknown[] {
  const options = args[at] as Fielded | undefined;
  const changed = [...args];
  changed[at] = { ...options, headers: withField(options?.headers, field) };
  return changed;
}

/** The destinations of a handler, which put a header on all they send. */
export function correlatedOut<O extends Outs>(
  out: Opened<O>,
  field: Field,
): Opened<O> {
  const made = Object.entries(out).map(([slot, opened]) =>
    [slot, correlated(opened as Record<string, AnyMethod>, field)] as const
  );
  return Object.freeze(Object.fromEntries(made)) as Opened<O>;
}

function correlated(
  slot: Readonly<Record<string, AnyMethod>>,
  field: Field,
): object {
  const made: Record<string | symbol, AnyMethod> = {};
  for (const [name, method] of Object.entries(slot)) {
    const at = optionsAt.get(name);
    made[name] = at === undefined
      ? (...args) => method.apply(slot, [...args])
      : sending(slot, method, name, at, field);
  }
  if (slot["begin"] !== undefined) made["begin"] = beginning(slot, field);
  return Object.freeze(made);
}

function sending(
  slot: object,
  method: AnyMethod,
  name: string,
  at: number,
  field: Field,
): AnyMethod {
  const send: AnyMethod = (...args) =>
    method.apply(slot, [...withOptions(args, at, field)]);
  // What gives a promise rejects for headers that are not lawful, what gives a stream throws.
  return name === "requestMany" ? send : async (...args) => await send(...args);
}

/** Opens a transaction that puts the header on all it publishes. */
function beginning(
  slot: Readonly<Record<string, AnyMethod>>,
  field: Field,
): AnyMethod {
  return async (...args) => {
    const begun = await slot["begin"]?.apply(slot, [...args]) as
      & Record<string, AnyMethod>
      & AsyncDisposable;
    return Object.freeze({
      ...correlated(begun, field),
      [Symbol.asyncDispose]: () => begun[Symbol.asyncDispose](),
    });
  };
}
