/**
 * A headless Chromium, driven by its own protocol: as much of it as a look at a page needs.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";

/** A picture ends there: more than that nobody looks at. */
const highest = 3_000;

/** What a call of the protocol answers, or an event says. */
type Said = Readonly<Record<string, unknown>>;

interface Incoming {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Said;
  readonly result?: Said;
  readonly error?: { readonly message: string };
}

function start(profile: string): ChildProcess {
  return spawn(process.env.CHROMIUM ?? "chromium", [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    // Else a page with many addresses is thought to hang.
    "--disable-ipc-flooding-protection",
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
    "about:blank",
  ], { stdio: ["ignore", "ignore", "pipe"] });
}

/** The address that a browser listens at, from what it says when it starts. */
async function addressOf(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const missing =
    "Cannot start Chromium: install it (`apt-get install chromium`), or name it in CHROMIUM";
  child.once("error", (cause) => reject(new TypeError(missing, { cause })));
  child.once(
    "exit",
    (code) => reject(new TypeError(`${missing}; it ended with ${code}`)),
  );
  const lines = createInterface({ input: child.stderr ?? assertThere() });
  lines.on("line", (line) => {
    const [, address] = /listening on (ws:\S+)/.exec(line) ?? [];
    if (address !== undefined) resolve(address);
  });
  return await promise;
}

function assertThere(): never {
  throw new TypeError(
    "Cannot read what Chromium says: it has no standard error",
  );
}

/** One page of a browser. It has no network. */
export class BrowserPage implements AsyncDisposable {
  /** What was said on the console, refused by a policy, thrown, asked by a dialog or loaded, since the last {@linkcode BrowserPage.open}. */
  readonly troubles: string[] = [];
  /** What was asked for, the page itself too. */
  readonly requests: string[] = [];
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Said>>();
  #session: string | undefined;
  #calls = 0;
  #loaded: (() => void) | undefined;

  private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)));
  }

  /** Starts a browser with one page. */
  static async start(): Promise<BrowserPage> {
    const profile = await mkdtemp(join(tmpdir(), "look-"));
    const child = start(profile);
    const socket = new WebSocket(await addressOf(child));
    await new Promise((resolve) => socket.onopen = resolve);
    const page = new BrowserPage(child, profile, socket);
    const { targetId } = await page.call("Target.createTarget", {
      url: "about:blank",
    });
    const { sessionId } = await page.call("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    page.#session = String(sessionId);
    for (const domain of ["Page", "Runtime", "Log", "Network", "DOM"]) {
      await page.call(`${domain}.enable`);
    }
    await page.call("Network.emulateNetworkConditions", {
      offline: true,
      latency: 0,
      downloadThroughput: 0,
      uploadThroughput: 0,
    });
    return page;
  }

  /** Calls the protocol. */
  async call(method: string, params: Said = {}): Promise<Said> {
    const id = ++this.#calls;
    const answer = Promise.withResolvers<Said>();
    this.#waiting.set(id, answer);
    const sessionId = this.#session;
    this.#socket.send(
      JSON.stringify({ id, method, params, ...sessionId && { sessionId } }),
    );
    return await answer.promise;
  }

  /** Opens an address, and waits until it is loaded. */
  async open(url: string): Promise<void> {
    this.troubles.length = 0;
    this.requests.length = 0;
    const loaded = new Promise<void>((resolve) => this.#loaded = resolve);
    await this.call("Page.navigate", { url });
    await loaded;
  }

  /** Evaluates an expression in the page, and gives what it comes to. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    }) as {
      readonly result: { readonly value: T };
      readonly exceptionDetails?: unknown;
    };
    if (exceptionDetails !== undefined) {
      throw new TypeError(
        `Cannot evaluate in the page: ${
          JSON.stringify(exceptionDetails).slice(0, 500)
        }`,
      );
    }
    return result.value;
  }

  /** Presses a key. */
  async press(key: string, text?: string): Promise<void> {
    const code = { Tab: 9, Enter: 13, Escape: 27 }[key] ?? 0;
    const event = { key, code: key, windowsVirtualKeyCode: code };
    await this.call("Input.dispatchKeyEvent", {
      type: "keyDown",
      ...event,
      ...text && { text },
    });
    await this.call("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  /** How wide it is, and which colours whoever looks likes. */
  async look(
    width: number,
    height: number,
    scheme: "light" | "dark",
    media = "screen",
  ): Promise<void> {
    await this.call("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: width < 500,
    });
    await this.call("Emulation.setEmulatedMedia", {
      media,
      features: [{ name: "prefers-color-scheme", value: scheme }, {
        name: "prefers-reduced-motion",
        value: "reduce",
      }],
    });
  }

  /** A picture of the page from its top, as PNG. */
  async picture(): Promise<Uint8Array> {
    const [width, height] = await this.evaluate<[number, number]>(
      "[innerWidth, document.documentElement.scrollHeight]",
    );
    const { data } = await this.call("Page.captureScreenshot", {
      format: "png",
      captureBeyondViewport: true,
      clip: { x: 0, y: 0, width, height: Math.min(height, highest), scale: 1 },
    });
    return Buffer.from(String(data), "base64");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#session = undefined;
    await this.call("Browser.close").catch(() => this.#child.kill());
    await ended;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #take({ id, method, params = {}, result, error }: Incoming): void {
    if (id !== undefined) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result ?? {});
      else {waiting?.reject(
          new TypeError(`Cannot drive Chromium: ${error.message}`),
        );}
      return;
    }
    if (method === "Page.loadEventFired") this.#loaded?.();
    if (method === "Network.requestWillBeSent") {
      this.requests.push((params.request as { readonly url: string }).url);
    }
    if (trouble.has(method ?? "")) {
      this.troubles.push(`${method} ${JSON.stringify(params).slice(0, 300)}`);
    }
  }
}

const trouble: ReadonlySet<string> = new Set([
  "Runtime.consoleAPICalled",
  "Runtime.exceptionThrown",
  "Log.entryAdded",
  "Page.javascriptDialogOpening",
]);
