/** What the server says of a bucket. */
export interface BucketStatus {
  /** The bucket's name. */
  readonly bucket: string;
  /** The name of the stream that it is. */
  readonly stream: string;
  /** How many entries there are, of all keys, removals among them. */
  readonly entries: number;
  /** How many bytes they take. */
  readonly bytes: number;
  /** The last revision. */
  readonly revision: number;
  /** When it was made. */
  readonly madeAt: Date;
  /** For people. Absent where nothing is said. */
  readonly description?: string;
  /** How many entries of each key are kept. */
  readonly history: number;
  /** How long an entry stays, in milliseconds. Absent where without end. */
  readonly ttlMs?: number;
  /** How long a marker stays where a value expired, in milliseconds. Absent where there is none. */
  readonly markerTtlMs?: number;
  /** The largest value, in bytes. Absent where it is what the server takes. */
  readonly maxValueBytes?: number;
  /** The most bytes. Absent where without end. */
  readonly maxBytes?: number;
  /** Where it is kept. */
  readonly storage: "file" | "memory";
  /** How many copies a cluster keeps. */
  readonly replicas: number;
  /** How it is packed on disk. */
  readonly compression: "none" | "s2";
  /** Names and values for people and tools. Absent where there are none. */
  readonly metadata?: Readonly<Record<string, string>>;
}
