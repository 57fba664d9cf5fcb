import type { StreamOptions } from "../jetstream/stream_options.ts";
import {
  checkName,
  ensureStream,
  type Field,
  type Fields,
  type Hub,
  streamFields,
  type Wire,
} from "../jetstream/parts.ts";
import type { Bucket } from "./bucket.ts";
import type { BucketOrigin } from "./bucket_options.ts";

/** Any bucket. */
// deno-lint-ignore no-explicit-any -- a bucket is invariant in its values, and here nobody looks at them
export type AnyBucket = Bucket<any, any>;

/** What a stream's name begins with that is a bucket. */
export const streamPrefix = "KV_";

/** The stream that a bucket is. */
export function streamOf(name: string): string {
  return checkName("stream", `${streamPrefix}${name}`);
}

const field = (name: keyof StreamOptions, since?: string): Field => ({
  ...streamFields[name] as Field,
  ...(since !== undefined && { since }),
});

/** The settings of a bucket's stream, by what they are called of a bucket. */
const bucketFields: Fields = {
  name: field("name"),
  subjects: field("subjects"),
  description: field("description"),
  history: field("maxMessagesPerSubject"),
  ttlMs: field("maxAgeMs"),
  duplicateWindowMs: field("duplicateWindowMs"),
  markerTtlMs: field("deleteMarkerTtlMs"),
  allowMessageTtl: field("allowMessageTtl"),
  maxValueBytes: field("maxMessageBytes"),
  maxBytes: field("maxBytes"),
  storage: field("storage"),
  replicas: field("replicas"),
  compression: field("compression"),
  mirror: field("mirror"),
  sources: field("sources", "2.10"),
  republish: field("republish"),
  placement: field("placement"),
  metadata: field("metadata"),
  discard: field("discard"),
  allowRollup: field("allowRollup"),
  allowDirect: field("allowDirect"),
  mirrorDirect: field("mirrorDirect"),
  denyDelete: field("denyDelete"),
};

function originOf({ name, ...rest }: BucketOrigin): object {
  return { ...rest, name: streamOf(name) };
}

// What comes from another bucket is called by its keys there.
function sourceOf(origin: BucketOrigin, bucket: string): object {
  if (origin.name === bucket) return originOf(origin);
  const transforms = [{
    from: `$KV.${origin.name}.>`,
    to: `$KV.${bucket}.>`,
  }];
  return { ...originOf(origin), transforms };
}

const longestWindowMs = 120_000;

/** What a bucket asks of its stream. */
function settingsOf(bucket: AnyBucket): Pick<StreamOptions, "name" | "ensure"> {
  const { name, mirror, sources, markerTtlMs, ttlMs } = bucket;
  const { payload: _p, codec: _c, keyCodec: _k, changes: _ch, ...settings } =
    bucket;
  const asked = {
    ...settings,
    ...(markerTtlMs !== undefined && { allowMessageTtl: true }),
    ...(ttlMs !== undefined &&
      { duplicateWindowMs: Math.min(ttlMs, longestWindowMs) }),
    ...(mirror === undefined
      ? { subjects: [`$KV.${name}.>`] }
      : { mirror: originOf(mirror) }),
    ...(sources !== undefined &&
      { sources: sources.map((one) => sourceOf(one, name)) }),
    allowRollup: true,
    name: streamOf(name),
  };
  return asked;
}

/** What all clients of NATS make a bucket with, where nobody says otherwise. */
function madeWith({ mirror }: AnyBucket): object {
  return {
    history: 1,
    discard: "new",
    denyDelete: true,
    allowDirect: true,
    ...(mirror !== undefined && { mirrorDirect: true }),
  };
}

/** Brings a bucket into being, and returns the configuration of its stream; undefined where nobody looks. */
export async function ensureBucket(
  { api, session }: Hub,
  bucket: AnyBucket,
  signal?: AbortSignal,
): Promise<Wire | undefined> {
  return await ensureStream(
    api,
    session.info.version,
    settingsOf(bucket),
    signal,
    {
      called: `bucket "${bucket.name}"`,
      fields: bucketFields,
      madeWith: madeWith(bucket),
    },
  );
}
