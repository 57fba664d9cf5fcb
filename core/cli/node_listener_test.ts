import { test } from "@ruststream/conformance/runner";
import { systemClock } from "@ruststream/core/contract";
import assert from "node:assert/strict";
import { connect } from "node:net";
import { listenHttp } from "./http_server.ts";
import type { WebHandler } from "./node_listener.ts";

/** A handler on a port of this machine. Disposing closes it. */
async function serve(handler: WebHandler) {
  const place = { host: "127.0.0.1", port: 0 };
  const { url, close } = await listenHttp(place, handler, systemClock);
  return { url, close, [Symbol.asyncDispose]: close };
}

/** Sends bytes as they are, and resolves with the first lines of the answers. */
function raw(url: string, text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.setEncoding("utf8")
    .on("data", (more) => answer += more)
    .on("error", reject)
    .on("close", () => resolve(answer.match(/^HTTP.*/gm)?.join("; ") ?? ""))
    .write(`${text}\r\nconnection: close\r\n\r\n`);
  return promise;
}

/** A body that goes on until it is cancelled. */
function endless() {
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await systemClock.turn();
      controller.enqueue(new TextEncoder().encode("more "));
    },
    cancel: () => resolve(),
  });
  return { body, cancelled };
}

test("nodeListener() gives the handler what was sent, and sends what it answers", async () => {
  await using server = await serve(async (request) => {
    const { method, url, headers } = request;
    const said = `${method} ${url} ${headers.get("x-from")} ${await request
      .text()}`;
    const answer = new Headers({ "set-cookie": "a=1", "x-to": "you" });
    answer.append("set-cookie", "b=2");
    return new Response(said, { status: 418, headers: answer });
  });

  const response = await fetch(`${server.url}/a%20b?c=d`, {
    method: "POST",
    headers: { "x-from": "me" },
    body: "é",
  });

  assert.equal(
    await response.text(),
    `POST ${server.url}/a%20b?c=d me é`,
  );
  assert.equal(response.status, 418);
  assert.equal(response.headers.get("x-to"), "you");
  assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
});

for (
  const [what, answer] of [
    ["refuses", () => new Response("no", { status: 405 })],
    ["fails on", () => Promise.reject(new Error("no"))],
  ] as const
) {
  test(`nodeListener() goes on with a connection whose handler ${what} a large body without reading it`, async () => {
    await using server = await serve(({ method }) =>
      method === "POST" ? answer() : new Response("yes")
    );
    const large = 5_000_000;

    const lines = await raw(
      server.url,
      `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${large}\r\n\r\n${
        "x".repeat(large)
      }GET / HTTP/1.1\r\nhost: x`,
    );

    assert.match(lines, /^HTTP\/1\.1 [45]0\d [^;]*; HTTP\/1\.1 200 OK$/);
  });
}

test("nodeListener() answers HEAD and 304 without a body, and keeps their headers", async () => {
  await using server = await serve(({ method }) =>
    method === "HEAD"
      ? new Response(null, { headers: { "content-length": "7" } })
      : new Response(null, { status: 304, headers: { etag: '"x"' } })
  );

  const head = await fetch(server.url, { method: "HEAD" });
  const same = await fetch(server.url);

  assert.deepEqual(
    [head.status, head.headers.get("content-length"), await head.text()],
    [200, "7", ""],
  );
  assert.deepEqual(
    [same.status, same.headers.get("etag"), await same.text()],
    [304, '"x"', ""],
  );
});

test("nodeListener() streams a body of megabytes in order", async () => {
  const chunk = 65_536;
  await using server = await serve(() => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(chunk).fill(sent++));
        if (sent === 64) controller.close();
      },
    });
    return new Response(body);
  });

  const bytes = await (await fetch(server.url)).bytes();

  const firsts = Array.from({ length: 64 }, (_, i) => bytes[i * chunk]);
  assert.equal(bytes.length, 64 * chunk);
  assert.deepEqual(firsts, Array.from({ length: 64 }, (_, i) => i));
});

test("nodeListener() aborts the request when who asked has gone", async () => {
  const asked = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  await using server = await serve(async ({ signal }) => {
    signal.addEventListener("abort", () => aborted.resolve());
    asked.resolve();
    await aborted.promise;
    return new Response("late");
  });
  const leaving = new AbortController();
  const answer = fetch(server.url, { signal: leaving.signal });
  await asked.promise;

  leaving.abort();

  await assert.rejects(answer);
  await aborted.promise;
});

test("nodeListener() leaves a signal alone whose request was answered", async () => {
  const signals: AbortSignal[] = [];
  await using server = await serve(({ signal }) => {
    signals.push(signal);
    return new Response("done");
  });

  await (await fetch(server.url)).text();
  await server.close();

  assert.deepEqual(signals.map(({ aborted }) => aborted), [false]);
});

test("nodeListener() ends the reading of a body when who asked has gone", async () => {
  const { body, cancelled } = endless();
  await using server = await serve(() => new Response(body));
  const leaving = new AbortController();
  const response = await fetch(server.url, { signal: leaving.signal });
  const reader = response.body?.getReader();
  await reader?.read();

  leaving.abort();

  await cancelled;
  await assert.rejects(async () => {
    while (!(await reader?.read())?.done);
  });
});

test("nodeListener() answers 500 without a word where the handler throws or rejects", async () => {
  await using server = await serve(({ url }) => {
    const error = new Error("a secret");
    if (url.endsWith("/throws")) throw error;
    return Promise.reject(error);
  });
  const told: unknown[] = [];
  for (const path of ["/throws", "/rejects"]) {
    const response = await fetch(`${server.url}${path}`);
    told.push([response.status, await response.text()]);
  }

  assert.deepEqual(told, [[500, ""], [500, ""]]);
});

test("nodeListener() cuts off what fails half-way, so that it does not look whole", async () => {
  await using server = await serve(() => {
    let pulls = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (pulls++ > 0) throw new Error("half");
        controller.enqueue(new Uint8Array(10));
      },
    });
    return new Response(body);
  });

  await assert.rejects(async () => await (await fetch(server.url)).bytes());
});

test("nodeListener() answers what is no web request with 400, and keeps a path a path", async () => {
  await using server = await serve(({ url }) =>
    new Response(null, {
      status: url === "http://h//evil.example/x" ? 200 : 500,
    })
  );

  assert.match(
    await raw(server.url, "GET / HTTP/1.1\r\nhost: a b"),
    /^HTTP\/1\.1 400 /,
  );
  assert.match(
    await raw(server.url, "GET //evil.example/x HTTP/1.1\r\nhost: h"),
    /^HTTP\/1\.1 200 /,
  );
});

test("listenHttp() rejects where the port is taken", async () => {
  await using server = await serve(() => new Response());
  const { port } = new URL(server.url);

  await assert.rejects(
    listenHttp(
      { host: "127.0.0.1", port: Number(port) },
      () => new Response(),
      systemClock,
    ),
    { code: "EADDRINUSE" },
  );
});

test("HttpServer.close() answers what is under way, takes no more, and does not wait for who might ask again", async () => {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let gaveUp = 0;
  const clock = {
    after: (ms: number) => systemClock.after(ms, () => gaveUp++),
  };
  const { url, close } = await listenHttp(
    { host: "127.0.0.1", port: 0 },
    async () => {
      asked.resolve();
      await gate.promise;
      return new Response("late");
    },
    clock,
  );
  const early = fetch(url);
  await asked.promise;

  const closing = close();
  await assert.rejects(fetch(url));
  gate.resolve();

  assert.equal(await (await early).text(), "late");
  await closing;
  assert.equal(gaveUp, 0);
});

test("HttpServer.close() waits for an answer a second, and no longer", async () => {
  const waits: number[] = [];
  const { body, cancelled } = endless();
  const clock = {
    after(ms: number, run: () => void) {
      waits.push(ms);
      return systemClock.after(0, run);
    },
  };
  const place = { host: "127.0.0.1", port: 0 };
  const { url, close } = await listenHttp(
    place,
    () => new Response(body),
    clock,
  );
  const response = await fetch(url);

  await close();

  await assert.rejects(response.bytes());
  await cancelled;
  assert.deepEqual(waits, [1_000]);
});
