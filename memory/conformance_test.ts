import { conformance } from "@ruststream/conformance";
import { VirtualClock } from "@ruststream/core/testing";
import {
  MemoryBroker,
  type MemoryConnection,
  type MemoryDelivery,
} from "@ruststream/memory";

await conformance({
  broker: () => new MemoryBroker({ retain: { messages: 10_000 } }),
  clock: () => new VirtualClock(),
  maxBodyBytes: 1_048_576,
  secret: "s3cret",
  scale: 0.2,
  log: {
    open: (connection, address) =>
      (connection as MemoryConnection).readLog(address, { from: "end" }),
    position: (delivery) => (delivery as MemoryDelivery).position,
  },
});
