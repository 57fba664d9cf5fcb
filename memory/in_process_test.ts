import { sameAnswers } from "@ruststream/conformance";
import { test } from "@ruststream/conformance/runner";
import { parseAddress } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { MemoryBroker, type MemoryBrokerOptions } from "./memory_broker.ts";

const clock = () => new VirtualClock();
const odd: MemoryBrokerOptions = {
  name: "odd",
  maxBodyBytes: 64,
  settleDeadlineMs: 700,
  retain: { messages: 3 },
};

for (const options of [{}, odd]) {
  const settings = JSON.stringify(options);

  test(`MemoryBroker.inProcess() answers as the broker itself does, with ${settings}`, async () => {
    const { maxBodyBytes = 1_048_576 } = options;
    const inside = await new MemoryBroker(options).inProcess();

    const answers = await sameAnswers(
      { broker: () => new MemoryBroker(options), clock, maxBodyBytes },
      { broker: () => inside, clock, maxBodyBytes },
    );

    assert.equal(answers["a body that is too large"], "too-large");
    assert.equal(
      answers['group, {"kind":"retry"}'],
      "resolves, comes back 1 times",
    );
  });
}

test("MemoryBroker.inProcess() has the same name and guarantees, and none of the messages", async () => {
  const broker = new MemoryBroker({ name: "mine", retain: { messages: 9 } });
  await using outside = await broker.connect();
  await outside.publisher.publish({
    address: "orders",
    body: new Uint8Array([1]),
  });

  const inside = await broker.inProcess();
  await using connection = await inside.connect();
  const log = await connection.readLog(parseAddress("orders"));

  assert.equal(inside.name, "mine");
  assert.deepEqual(inside.guarantees, broker.guarantees);
  assert.deepEqual(await log.backlog(), { waiting: 0, unsettled: 0 });
});
