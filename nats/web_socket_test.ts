import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { test } from "@ruststream/conformance/runner";
import { natsBroker } from "@ruststream/nats";
import { NatsProxy, NatsServer } from "../_tools/nats_server.ts";
import { ca, serverCert, serverKey } from "./_certificates_test.ts";
import { connect, webConfig, webPort } from "./_kit_test.ts";

test("publish() waits while a WebSocket holds too much, and goes on when it has room", async () => {
  await using server = await NatsServer.start({
    jetStream: false,
    config: webConfig,
  });
  const proxy = await NatsProxy.open(webPort(server), server.folder);
  const told = await connect({
    servers: `ws://127.0.0.1:${proxy.port}`,
    highWaterBytes: 100_000,
    shutdownTimeoutMs: 200,
  });
  const { publisher } = told.connection;
  const body = new Uint8Array(300_000);
  await proxy.stall();

  const sent = Array.from(
    { length: 50 },
    () => publisher.publish({ address: "big", body }),
  );
  const waiting = sent.filter((each) => each !== undefined).length;
  await proxy.flow();
  await Promise.all(sent);
  await told.connection.nats.flush();

  // What the system's own buffers take is not counted.
  assert.ok(waiting >= 20, `${waiting} wait`);
  await told.connection.shutdown();
  await proxy.stop();
});

test("natsBroker() speaks WebSocket over TLS, and trusts what its runtime trusts", async () => {
  await using server = await NatsServer.start({ jetStream: false });
  const file = (name: string, text: string): string => {
    const path = join(server.folder, name);
    writeFileSync(path, text);
    return path;
  };
  await server.restart(
    "SIGKILL",
    `websocket {
      host: 127.0.0.1
      port: -1
      tls {
        cert_file: "${file("server.pem", serverCert)}"
        key_file: "${file("server.key", serverKey)}"
      }
    }`,
  );
  const servers = `wss://localhost:${webPort(server)}`;
  const fixture = fileURLToPath(
    new URL("_fixture_wss_test.ts", import.meta.url),
  );
  const flags = "deno" in process.versions ? ["run", "-A", "--no-check"] : [];
  const trusted = file("ca.pem", ca);

  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...flags, fixture],
    {
      env: {
        ...process.env,
        RUSTSTREAM_WSS: servers,
        NODE_EXTRA_CA_CERTS: trusted,
        DENO_CERT: trusted,
      },
    },
  );

  assert.equal(stdout, "yes");
  await assert.rejects(natsBroker({ servers }).connect(), {
    name: "MessagingError",
  });
});
