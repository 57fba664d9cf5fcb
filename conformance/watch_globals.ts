const watched: readonly string[] = [
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "fetch",
  "WebSocket",
  "BroadcastChannel",
  "Worker",
];

const inside: Readonly<Record<string, readonly string[]>> = {
  Deno: [
    "connect",
    "connectTls",
    "open",
    "openSync",
    "readFileSync",
    "readTextFileSync",
    "listen",
  ],
  Bun: ["connect", "file", "listen", "spawn"],
  process: ["env"],
};

/** Runs something synchronous, and says which globals of time, network, files and environment it reached for. */
export function watchGlobals(run: () => void): readonly string[] {
  const touched: string[] = [];
  const undo: (() => void)[] = [];
  const world = globalThis as unknown as Record<string, object | undefined>;
  for (const name of watched) watch(world, name, name, touched, undo);
  for (const [place, names] of Object.entries(inside)) {
    for (const name of names) {
      watch(world[place], name, `${place}.${name}`, touched, undo);
    }
  }
  try {
    run();
  } finally {
    for (const restore of undo.reverse()) restore();
  }
  return touched;
}

function watch(
  place: object | undefined,
  name: string,
  shown: string,
  touched: string[],
  undo: (() => void)[],
): void {
  const own = place && Object.getOwnPropertyDescriptor(place, name);
  if (place === undefined || !own?.configurable) return;
  const value: unknown = Reflect.get(place, name);
  Object.defineProperty(place, name, {
    configurable: true,
    get: () => {
      touched.push(shown);
      return value;
    },
  });
  undo.push(() => Object.defineProperty(place, name, own));
}
