import { test } from "@ruststream/conformance/runner";
import assert from "node:assert/strict";
import { type Fetch, listen } from "./listen.ts";

/** Answers when the gate is opened, and says when it was asked. */
function slowSite() {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const answer: Fetch = async () => {
    asked.resolve();
    await gate.promise;
    return new Response("late");
  };
  return { asked: asked.promise, gate, answer };
}

test("listen() gives the handler what was sent, and sends what it answers", async () => {
  await using server = await listen(0, async (request) => {
    const { pathname, search } = new URL(request.url);
    const said = `${request.method} ${pathname}${search} ${await request
      .text()} ${request.headers.get("x-from")}`;
    const headers = new Headers({ "set-cookie": "a=1" });
    headers.append("set-cookie", "b=2");
    return new Response(said, { status: 418, headers });
  });

  const response = await fetch(`http://127.0.0.1:${server.port}/a%20b?c=d`, {
    method: "POST",
    headers: { "x-from": "test" },
    body: "é",
  });

  assert.equal(await response.text(), "POST /a%20b?c=d é test");
  assert.equal(response.status, 418);
  assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
});

test("listen() rejects where the port is taken", async () => {
  await using server = await listen(0, () => new Response());

  await assert.rejects(listen(server.port, () => new Response()));
});

test("close() answers what is under way, and takes no more", async () => {
  const { asked, gate, answer } = slowSite();
  await using server = await listen(0, answer);
  const url = `http://127.0.0.1:${server.port}/`;
  const early = fetch(url);
  await asked;

  const closing = server.close();
  await assert.rejects(fetch(url));
  gate.resolve();

  assert.equal(await (await early).text(), "late");
  await closing;
});

test("dispose ends a server at once, also one that waits for its last answer", async () => {
  const { asked, gate, answer } = slowSite();
  const server = await listen(0, answer);
  const early = fetch(`http://127.0.0.1:${server.port}/`);
  await asked;

  const closing = server.close();
  await server[Symbol.asyncDispose]();

  // Cut off, or told to come later.
  const said = await early.then((it) => it.text(), () => "nothing");
  assert.notEqual(said, "late");
  await closing;
  gate.resolve();
});
