const modulus = 65_521;
// So many bytes are added up before a sum would leave 32 bits.
const step = 5_552;

function adler32(bytes: Uint8Array): number {
  let [low, high] = [1, 0];
  for (let start = 0; start < bytes.length; start += step) {
    const end = Math.min(start + step, bytes.length);
    for (let at = start; at < end; at++) {
      low += bytes[at] ?? 0;
      high += low;
    }
    low %= modulus;
    high %= modulus;
  }
  return high * 65_536 + low;
}

/**
 * Checks that a compressed body ends where its stream does, by what the stream says of itself in its last four bytes.
 *
 * Runtimes differ there: one takes a cut body for a whole one, another takes two in a row for one.
 *
 * @throws {TypeError} If it is cut off, or goes on.
 */
export function checkTrailer(
  as: "gzip" | "deflate",
  body: Uint8Array,
  inflated: Uint8Array,
): void {
  const { buffer, byteOffset, length } = body;
  if (length >= 4) {
    const view = new DataView(buffer, byteOffset + length - 4, 4);
    const whole = as === "gzip"
      ? view.getUint32(0, true) === inflated.length % 2 ** 32
      : view.getUint32(0) === adler32(inflated);
    if (whole) return;
  }
  throw new TypeError(
    "Cannot take a compressed body: it is cut off, or something follows it",
  );
}
