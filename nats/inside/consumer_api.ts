import { Consumer } from "./consumer.ts";
import { checkConsumerChange, consumerConfig } from "./consumer_config.ts";
import { type ConsumerConfig, filtersOf } from "./consumer_shape.ts";
import { fault } from "./fault.ts";
import { parseJson, type Wire } from "./settings.ts";
import type { Stream } from "./stream.ts";
import { type ApiRequest, page, streamOf, timeOf, type Verbs } from "./verb.ts";

/** What is asked of a consumer that is to be made. */
interface Asked {
  readonly stream_name?: string;
  readonly action?: "create" | "update" | "";
  readonly config?: Readonly<Record<string, unknown>>;
}

function asked({ body, host, about: [name] }: ApiRequest): Asked {
  const found = parseJson(body, host.version) as Asked;
  if (found.stream_name !== name) throw fault("nameDiffers");
  return found;
}

function same(one: ConsumerConfig, other: ConsumerConfig): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) =>
    JSON.stringify(one[name]) === JSON.stringify(other[name])
  );
}

function infoOf(stream: Stream, consumer: Consumer): Wire {
  return { ...consumer.info, ...timeOf(stream.server) };
}

function bringAbout(
  stream: Stream,
  config: ConsumerConfig,
  action: Asked["action"],
): Consumer {
  const { version } = stream.server;
  const there = stream.consumers.get(config.name);
  const strict = version.can("strictCreate");
  if (there === undefined) {
    if (action === "update" && strict) throw fault("consumerMissing");
    const { max_consumers } = stream.config;
    if (max_consumers > 0 && stream.consumers.size >= max_consumers) {
      throw fault("maxConsumers");
    }
    const made = new Consumer(config, stream);
    stream.consumers.set(config.name, made);
    return made;
  }
  if (same(there.config, config)) return there;
  if (action === "create" && strict) throw fault("consumerExists");
  checkConsumerChange(there.config, config);
  there.change(config);
  return there;
}

// CONSUMER.CREATE.<stream>[.<name>[.<filter>]]
function make(request: ApiRequest): Wire {
  const { about: [, named, ...filter] } = request;
  const { action, config } = asked(request);
  const stream = streamOf(request);
  const name = named ?? config?.["name"] ?? config?.["durable_name"] ??
    `inside-${stream.consumers.size}`;
  const found = consumerConfig(String(name), config ?? {}, stream);
  if (filter.length > 0 && filtersOf(found)[0] !== filter.join(".")) {
    throw fault("filterDiffers");
  }
  return infoOf(stream, bringAbout(stream, found, action));
}

function info(request: ApiRequest): Wire {
  const stream = streamOf(request);
  const consumer = stream.consumers.get(request.about[1] ?? "");
  if (consumer === undefined) throw fault("consumerNotFound");
  return infoOf(stream, consumer);
}

function remove(request: ApiRequest): Wire {
  const stream = streamOf(request);
  if (stream.leave(request.about[1] ?? "")) return { success: true };
  throw fault("consumerNotFound");
}

function unpin(request: ApiRequest): Wire {
  const consumer = streamOf(request).consumers.get(request.about[1] ?? "");
  if (consumer === undefined) throw fault("consumerNotFound");
  consumer.unpin();
  return {};
}

function names(request: ApiRequest): Wire {
  const all = [...streamOf(request).consumers.keys()].sort();
  return { ...page(all.length, 1_024), consumers: all };
}

function list(request: ApiRequest): Wire {
  const stream = streamOf(request);
  const all = [...stream.consumers.values()].map((one) => infoOf(stream, one));
  return { ...page(all.length, 256), consumers: all };
}

/** What can be done with consumers. */
export const consumerVerbs: Verbs = {
  "CONSUMER.CREATE": { type: "consumer_create", run: make },
  "CONSUMER.DURABLE.CREATE": { type: "consumer_create", run: make },
  "CONSUMER.INFO": { type: "consumer_info", run: info },
  "CONSUMER.DELETE": { type: "consumer_delete", run: remove },
  "CONSUMER.UNPIN": { type: "consumer_unpin", run: unpin },
  "CONSUMER.NAMES": { type: "consumer_names", run: names },
  "CONSUMER.LIST": { type: "consumer_list", run: list },
};
