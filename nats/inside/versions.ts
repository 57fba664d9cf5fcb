/** What servers differ in, each with the first that has it. */
const since = {
  /** Reasons of a term are read; before, such a term is not understood. */
  termReasons: "2.10",
  /** Creating a consumer fails where it differs; before, it is changed. */
  strictCreate: "2.10",
  /** Consumers may filter by what their stream does not take. */
  foreignFilters: "2.10",
  filterSubjects: "2.10",
  /** As many steps of backoff as deliveries. */
  fullBackoff: "2.10",
  /** Retention may change between limits and interest. */
  changingRetention: "2.10",
  /** Nobody answers for what is not there; before, silence does. */
  saysNobody: "2.10",
  /** A message that is new is counted before it is refused for bytes. */
  exactBytes: "2.10",
  /** A deadline that has passed for the last time is told at once; before, at the next request. */
  promptMaxDeliver: "2.10",
  /** Answers tell their own time. */
  timeInAnswers: "2.10",
  /** A request that took what there was ends with 404; before, with 408. */
  endsEmpty: "2.11",
  messageTtl: "2.11",
  pausing: "2.11",
  /** Unknown settings are refused; before, they are dropped. */
  strictJson: "2.12",
  /** What is expected is compared before duplicates are looked for. */
  expectsFirst: "2.12",
  /** The answer that nobody listens says to what. */
  namesNobody: "2.12",
  atomicBatches: "2.12",
  schedules: "2.12",
} as const;

/** Something that not all servers do. */
export type Feature = keyof typeof since;

/** A server's version, and what it can. */
export class Version {
  readonly text: string;
  readonly #release: readonly number[];

  /** @throws {RangeError} If it is not a version of 2.9 or later. */
  constructor(text: string) {
    if (!/^\d+\.\d+\.\d+$/.test(text) || !reaches(numbers(text), "2.9")) {
      throw new RangeError(
        `Cannot be a server of version "${text}": expected three numbers with dots, of 2.9.0 or later`,
      );
    }
    this.text = text;
    this.#release = numbers(text);
  }

  /** Whether it does something. */
  can(feature: Feature): boolean {
    return reaches(this.#release, since[feature]);
  }

  /** Whether it is so much or more. */
  reaches(version: string): boolean {
    return reaches(this.#release, version);
  }
}

/** The newest that the comparison with live servers knows. */
export const newestVersion = "2.15.1";

function numbers(text: string): readonly number[] {
  return text.split(".").map(Number);
}

function reaches(
  [major = 0, minor = 0]: readonly number[],
  since: string,
): boolean {
  const [wantedMajor = 0, wantedMinor = 0] = numbers(since);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}
