import type { Api, Wire } from "../jetstream/parts.ts";
import { type AnyBucket, streamOf } from "./_bucket_stream.ts";

/** Where the values of a bucket are. */
export interface Place {
  readonly stream: string;
  /** What the subjects of its keys begin with, where they are read. */
  readonly read: string;
  /** The same, where they are written. */
  readonly write: string;
  /** Whether any copy gives messages, and not the leader alone. */
  readonly direct: boolean;
  /** Whether a message may have a time to live of its own; undefined where nobody looked. */
  readonly ttl: boolean | undefined;
}

/** What the subjects of the keys of a bucket begin with, where they are read. */
export function readPrefix({ changes: { address } }: AnyBucket): string {
  return address.slice(0, -".{key+}".length);
}

// Another domain, or account, is written to under its own prefix.
function writePrefix({ prefix }: Api, bucket: AnyBucket): string {
  const read = readPrefix(bucket);
  const domain = bucket.mirror?.domain;
  const api = domain === undefined ? prefix : `$JS.${domain}.API`;
  return api === "$JS.API" ? read : `${api}.${read}`;
}

/** Where a bucket is, and what the server says of its stream, if anybody looked. */
export function placeOf(
  api: Api,
  bucket: AnyBucket,
  config: Wire | undefined,
): Place {
  return {
    stream: streamOf(bucket.name),
    read: readPrefix(bucket),
    write: writePrefix(api, bucket),
    direct: config?.["allow_direct"] === true,
    ttl: config && config["allow_msg_ttl"] === true,
  };
}
