/** How many bytes follow the heads from 0xc0 to 0xdf; what begins with a length has those of the length. */
const widths: readonly number[] = [
  ...[0, 0, 0, 0], // nil, never used, false, true
  ...[1, 2, 4], // bytes
  ...[1, 2, 4], // extensions
  ...[4, 8], // floats
  ...[1, 2, 4, 8], // without a sign
  ...[1, 2, 4, 8], // with a sign
  ...[2, 3, 5, 9, 17], // extensions of one length
  ...[1, 2, 4], // strings
  ...[2, 4], // lists
  ...[2, 4], // maps
];

const unsigned64 = 0xcf;
const signed64 = 0xd3;
const safeHigh = 0x20_0000;

/** There is more to look at than how many bytes follow. */
const more = 255;

function skipOf(head: number): number {
  if (head < 0x80 || head >= 0xe0) return 0;
  if (head >= 0xa0 && head < 0xc0) return head & 31;
  const isLong = head < 0xa0 || (head >= 0xc4 && head <= 0xc9) || head >= 0xd9;
  if (isLong || head === unsigned64 || head === signed64) return more;
  return widths[head - 0xc0] ?? 0;
}

/** For each head how many bytes to skip: one look, where a chain of questions costs twice that. */
const skips: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, head) => skipOf(head),
);

function refuse(at: number, found: string): never {
  throw new RangeError(`Cannot decode MessagePack at byte ${at}: ${found}`);
}

/** Whether the 64 bits at a place are beyond what a number holds exactly: over 53 bits of magnitude. */
function isUnsafe(body: Uint8Array, at: number, signed: boolean): boolean {
  const view = new DataView(body.buffer, body.byteOffset + at, 8);
  if (!signed) return view.getUint32(0) >= safeHigh;
  const high = view.getInt32(0);
  return high >= safeHigh || high < -safeHigh ||
    (high === -safeHigh && view.getUint32(4) === 0);
}

function readLength(body: Uint8Array, at: number, width: number): number {
  let length = 0;
  for (let i = 0; i < width; i++) length = length * 256 + (body[at + i] ?? 0);
  return length;
}

/**
 * Walks over a body without building anything of it, and refuses what would build more than it has bytes.
 *
 * The library makes room for as many elements as a list says it has: five bytes ask for gigabytes.
 *
 * @param isExact Whether whole numbers that a number does not hold exactly are refused.
 * @throws {RangeError} If it ends early, goes on after its end, or holds such a number.
 */
export function scanMsgpack(body: Uint8Array, isExact: boolean): void {
  const { length } = body;
  let at = 0;
  for (let left = 1; left > 0; left--) {
    if (left > length - at) refuse(at, "it ends too early");
    const head = body[at++] as number;
    const skip = skips[head] as number;
    if (skip !== more) at += skip;
    else if (head < 0x90) left += 2 * (head & 15);
    else if (head < 0xa0) left += head & 15;
    else {
      const width = widths[head - 0xc0] ?? 0;
      if (width > length - at) refuse(at, "it ends too early");
      if (head >= 0xdc) {
        const count = readLength(body, at, width);
        left += head < 0xde ? count : 2 * count;
      } else if (head >= 0xd9 || (head >= 0xc4 && head <= 0xc6)) {
        at += readLength(body, at, width);
      } else if (head >= 0xc7 && head <= 0xc9) {
        at += readLength(body, at, width) + 1;
      } else if (isExact && isUnsafe(body, at, head === signed64)) {
        refuse(at, "a whole number is beyond 2^53 - 1, ask for bigint");
      }
      at += width;
    }
  }
  if (at > length) refuse(length, "it ends too early");
  if (at < length) refuse(at, `${length - at} bytes follow its end`);
}
