// Publishes 200 numbers from a process of its own; files_test.ts runs it.
import process from "node:process";
import { FileBroker } from "./file_broker.ts";

const [directory = "", key = ""] = process.argv.slice(2);
const encoder = new TextEncoder();

await using connection = await new FileBroker({ directory }).connect();
for (let i = 0; i < 200; i++) {
  const body = encoder.encode(String(i));
  await connection.publisher.publish({ address: "numbers", body, key });
}
