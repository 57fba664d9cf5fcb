interface Host {
  readonly Bun?: { gc(force: true): void };
  readonly process?: {
    memoryUsage?(): { readonly heapUsed: number };
    getBuiltinModule?(id: string): {
      setFlagsFromString(flag: string): void;
      runInNewContext(code: string): unknown;
    };
  };
}

function collect({ Bun: bun, process }: Host): boolean {
  if (bun !== undefined) {
    bun.gc(true);
    return true;
  }
  process?.getBuiltinModule?.("node:v8").setFlagsFromString("--expose-gc");
  const gc = process?.getBuiltinModule?.("node:vm").runInNewContext("gc");
  if (typeof gc !== "function") return false;
  gc();
  return true;
}

/** Bytes that the heap holds, after a collection; undefined where the runtime cannot tell. */
export function heapBytes(): number | undefined {
  const host = globalThis as unknown as Host;
  try {
    return collect(host) ? host.process?.memoryUsage?.().heapUsed : undefined;
  } catch {
    // Without the permission for it nobody can tell.
    return undefined;
  }
}

/** Whether the runtime can tell its heap: cheap, so nothing is collected for it. */
export function tellsHeap(): boolean {
  const { Bun: bun, process } = globalThis as unknown as Host;
  return bun !== undefined || process?.getBuiltinModule !== undefined;
}
