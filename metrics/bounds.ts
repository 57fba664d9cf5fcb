/** Upper bounds for the time from a broker's taking of a message to its first run, in seconds. */
export const queueBounds: readonly number[] = [
  ...[0.001, 0.005, 0.025, 0.1, 0.5, 1, 5],
  ...[30, 60, 300, 3_600],
];

/** Upper bounds for lengths of bodies. */
export const byteBounds: readonly number[] = [
  ...[64, 256, 1_024, 4_096, 16_384, 65_536],
  ...[262_144, 1_048_576],
];

/** Upper bounds for sizes of batches. */
export const batchBounds: readonly number[] = [
  ...[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024],
];
