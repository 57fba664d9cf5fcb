/** Bytes in pieces, so that no transform gets more at once than it may make of them. */
function pieces(
  body: Uint8Array,
  bytes: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      // A transform keeps what it is given, and a message's body is nobody's to lend.
      if (at < body.length) controller.enqueue(body.slice(at, at += bytes));
      else controller.close();
    },
  }, { highWaterMark: 0 });
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/**
 * All that a transform makes of some bytes, or an error as soon as it is more than a limit. The transform is ended on every way out.
 *
 * @param most How many bytes it may become.
 * @param step How many bytes it is given at once.
 * @throws {RangeError} If it becomes more.
 */
export async function bounded(
  body: Uint8Array,
  transform: TransformStream<Uint8Array<ArrayBuffer>, Uint8Array>,
  most: number,
  step: number,
): Promise<Uint8Array> {
  const reader = pieces(body, step).pipeThrough(transform).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return joined(chunks, length);
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new RangeError(
        `Cannot take a compressed body: it becomes more than ${most} bytes`,
      );
    }
    chunks.push(value);
  }
}
