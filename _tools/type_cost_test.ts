import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./repository.ts";

const subscribers = 200;
const most = 250_000;

/** A service of many subscribers, each on a channel of its own. */
function service(): string {
  const lines = [
    'import { ack, batchSubscriber, channel, out, RustStream, subscriber, subscribers, type } from "../core/mod.ts";',
    'import { MemoryBroker } from "../memory/mod.ts";',
    "const mine = subscribers<{ db: Map<number, string> }>();",
  ];
  const handlers = [
    (n: number) =>
      `subscriber(c${n}, (o, ctx) => { const s: string = o.name${n}; void [s, ctx.params.id${n}]; })`,
    (n: number) =>
      `mine.subscriber(c${n}, { concurrency: 4, out: { next: out(c${
        n - 1
      }) }, orderBy: (o, { params }) => params.id${n} + o.name${n}, retry: { maxAttempts: 3 } }, async (o, ctx) => { ctx.state.db.set(o.id, ctx.params.tenant); await ctx.out.next.publish({ id: 1, name${
        n - 1
      }: "x" }, { params: { tenant: "a", id${n - 1}: "b" } }); })`,
    (n: number) =>
      `batchSubscriber(c${n}, { max: 10 }, (batch) => batch.map((e) => e.payload.name${n} && e.params.id${n} ? ack() : ack()))`,
    (n: number) =>
      `subscriber(c${n}, { reply: c${n - 1} }, (o) => ({ id: o.id, name${
        n - 1
      }: o.name${n} }))`,
  ];
  for (let n = 0; n < subscribers; n++) {
    lines.push(
      `const c${n} = channel("orders${n}.{tenant}.{id${n}}", { payload: type<{ id: number; name${n}: string }>() });`,
      `const s${n} = ${handlers[n % handlers.length]?.(n)};`,
    );
  }
  const included = Array.from(
    { length: subscribers },
    (_, n) => `.include(s${n})`,
  );
  lines.push(
    `export const app = new RustStream({ title: "x", version: "1.0.0" }).withState(() => ({ db: new Map<number, string>() })).withBroker(new MemoryBroker(), (b) => b${
      included.join("")
    });`,
  );
  return lines.join("\n");
}

test(
  "a service of 200 subscribers type-checks within 250,000 instantiations",
  () => {
    const path = join(root, "_tools", "type_cost_service.ts");
    const options: ts.CompilerOptions = {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.NodeNext,
      lib: [
        "lib.esnext.d.ts",
        "lib.dom.d.ts",
        "lib.dom.iterable.d.ts",
        "lib.dom.asynciterable.d.ts",
      ],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      types: [],
    };
    const host = ts.createCompilerHost(options);
    const text = service();
    const { getSourceFile, fileExists } = host;
    host.fileExists = (name) => name === path || fileExists(name);
    host.getSourceFile = (name, ...rest) =>
      name === path
        ? ts.createSourceFile(name, text, ts.ScriptTarget.ESNext)
        : getSourceFile(name, ...rest);

    const program = ts.createProgram([path], options, host);
    const found = program.getSemanticDiagnostics(program.getSourceFile(path));

    assert.deepEqual(found.map((one) => one.messageText), []);
    const count = program.getInstantiationCount();
    assert.ok(count < most, `${count} instantiations`);
  },
  { timeoutMs: 120_000 },
);
