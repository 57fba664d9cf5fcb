/** Why the server does not do what it is asked. */
export class Fault extends Error {
  override readonly name = "Fault";
  /** As HTTP has it. */
  readonly code: number;
  /** The server's own number. */
  readonly number: number | undefined;

  constructor(code: number, number: number | undefined, description: string) {
    super(description);
    this.code = code;
    this.number = number;
  }

  /** As answers have it. */
  get wire(): Readonly<Record<string, unknown>> {
    return {
      code: this.code,
      ...(this.number !== undefined && { err_code: this.number }),
      description: this.message,
    };
  }
}

const table = {
  badRequest: [400, 10003, "bad request"],
  consumerExists: [400, 10148, "consumer already exists"],
  consumerFilter: [
    400,
    10093,
    "consumer filter subject is not a valid subset of the interest subjects",
  ],
  consumerFilters: [400, 10138, "consumer subject filters cannot overlap"],
  consumerMissing: [400, 10149, "consumer does not exist"],
  consumerNotFound: [404, 10014, "consumer not found"],
  deliverAll: [400, 10101, "consumer must be deliver all on workqueue stream"],
  deleteDenied: [500, 10057, "message delete not permitted"],
  filterDiffers: [
    400,
    10131,
    "Consumer create request did not match filtered subject from create subject",
  ],
  invalidJson: [400, 10025, "invalid JSON"],
  manyUnfiltered: [
    400,
    10099,
    "multiple non-filtered consumers not allowed on workqueue stream",
  ],
  maxConsumers: [400, 10026, "maximum consumers limit reached"],
  maxDeliver: [
    400,
    10116,
    "max deliver is required to be > length of backoff values",
  ],
  messageNotFound: [404, 10037, "no message found"],
  nameDiffers: [
    400,
    10056,
    "stream name in subject does not match request",
  ],
  nameTaken: [
    400,
    10058,
    "stream name already in use with a different configuration",
  ],
  notUnique: [400, 10100, "filtered consumer not unique on workqueue stream"],
  purgeDenied: [500, 10110, "stream purge not permitted"],
  replicas: [500, 10074, "replicas > 1 not supported in non-clustered mode"],
  rollupDenied: [500, 10111, "rollup not permitted"],
  sealed: [400, 10109, "invalid operation on sealed stream"],
  streamNotFound: [404, 10059, "stream not found"],
  subjectsOverlap: [400, 10065, "subjects overlap with an existing stream"],
  tooLarge: [400, 10054, "message size exceeds maximum allowed"],
  ttlDisabled: [400, 10166, "per-message TTL is disabled"],
  ttlInvalid: [400, 10165, "invalid per-message TTL"],
  wrongStream: [400, 10060, "expected stream does not match"],
  batchDisabled: [400, 10174, "atomic publish is disabled"],
  batchIncomplete: [400, 10176, "atomic publish batch is incomplete"],
  batchSequence: [400, 10175, "atomic publish sequence is missing"],
  batchTooLarge: [400, 10199, "atomic publish batch is too large: 1000"],
  scheduleDisabled: [400, 10188, "message schedules is disabled"],
  schedulePattern: [400, 10189, "message schedules pattern is invalid"],
  scheduleTarget: [400, 10190, "message schedules target is invalid"],
} as const;

/** One of the server's own. */
export function fault(name: keyof typeof table): Fault {
  const [code, number, description] = table[name];
  return new Fault(code, number, description);
}

/** A stream's configuration that is not possible. */
export function wrongConfig(found: string): Fault {
  return new Fault(500, 10052, found);
}

/** A transform that is not possible. */
export function wrongTransform(found: string): Fault {
  return new Fault(
    400,
    10156,
    `stream transform: invalid mapping destination: ${found}`,
  );
}

/** A stream that did not take a message. */
export function storeFailed(found: string): Fault {
  return new Fault(503, 10077, found);
}

/** What a server does, and this form does not. */
export function notModelled(what: string): Fault {
  return new Fault(
    501,
    undefined,
    `"${what}" is not there in process, it needs a real server`,
  );
}
