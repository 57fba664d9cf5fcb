/**
 * A client over WebSocket and TLS, run in a process of its own, which trusts another authority: it registers no tests.
 *
 * @module
 */
import process from "node:process";
import { parseAddress } from "@ruststream/core/contract";
import { natsBroker } from "@ruststream/nats";

const servers = process.env["RUSTSTREAM_WSS"];

// A runner that takes this for a test file finds nothing to do.
if (servers !== undefined) {
  const connection = await natsBroker({ servers }).connect();
  const inbox = await connection.subscribe(parseAddress("secure"));
  await connection.publisher.publish({
    address: "secure",
    body: new TextEncoder().encode("yes"),
  });
  const { value } = await inbox.deliveries.getReader().read();
  process.stdout.write(new TextDecoder().decode(value?.message.body));
  await connection.shutdown();
}
