import { alike, failedWith } from "../../assertions.ts";
import type { Bench } from "../../bench.ts";
import type { Check } from "../../check.ts";
import { given } from "../../gates.ts";

async function survives(
  bench: Bench,
  body: Uint8Array,
  what: string,
): Promise<void> {
  const tap = await bench.tap();
  await bench.publish(body.slice());
  const { message } = await tap.next(what);
  alike(message.body instanceof Uint8Array, true, `whether ${what} is bytes`);
  alike(message.body.length, body.length, `the length of ${what}`);
  const wrong = message.body.findIndex((byte, index) => byte !== body[index]);
  alike(wrong, -1, `the first byte that differs in ${what}`);
}

const filled = (length: number): Uint8Array =>
  new Uint8Array(length).map((_, i) => (i * 31 + (i >> 8)) & 255);

/** Bytes that are text too. */
const letters = (length: number): Uint8Array =>
  filled(length).map((byte) => byte & 127);

/** The bytes of a message. */
export const checks: readonly Check[] = [
  {
    id: "bodies/empty",
    promise: "Bodies survive: one of zero bytes.",
    rule: 11,
    catches: "pads-empty-bodies",
    run: (bench) => survives(bench, new Uint8Array(), "an empty body"),
  },
  {
    id: "bodies/any-byte",
    promise: "Bodies survive: every byte, in every place.",
    rule: 11,
    catches: "bodies-as-text",
    run: (bench) => survives(bench, filled(1_024), "a body of every byte"),
  },
  {
    id: "bodies/view",
    promise: "Bodies survive: one that is a part of a larger buffer.",
    rule: 11,
    catches: "sends-whole-buffer",
    async run(bench) {
      const tap = await bench.tap();
      await bench.publish(letters(64).subarray(8, 24));
      const { message } = await tap.next();
      alike(
        [...message.body],
        [...letters(64).slice(8, 24)],
        "a part of a buffer",
      );
    },
  },
  {
    id: "bodies/largest",
    promise: "Bodies survive: the largest that the server takes.",
    rule: 11,
    needs: given("maxBodyBytes"),
    catches: "truncates-bodies",
    run: (bench) =>
      survives(
        bench,
        letters(bench.settings.maxBodyBytes ?? 0),
        "the largest body",
      ),
  },
  {
    id: "bodies/too-large",
    promise:
      "One byte more than the largest is refused with too-large, and never arrives.",
    rule: 11,
    needs: given("maxBodyBytes"),
    catches: "takes-too-large",
    async run(bench) {
      const tap = await bench.tap();
      const publisher = await bench.publisher();
      const body = filled((bench.settings.maxBodyBytes ?? 0) + 1);
      const what = "publishing one byte too many";
      failedWith(
        await bench.ends(
          bench.call(() => publisher.publish(bench.message(body)), what),
          what,
        ),
        what,
        "too-large",
      );
      await tap.nothing("after a body that was refused");
      await bench.publish("small");
      await tap.next("a small body after it");
    },
  },
  {
    id: "bodies/buffer-used-again",
    promise:
      "Once a publish has resolved, its caller may use the buffer again.",
    rule: 11,
    catches: "keeps-the-buffer",
    async run(bench) {
      const tap = await bench.tap();
      const body = new Uint8Array([1, 2, 3]);
      await bench.publish(body);
      body.fill(9);
      await bench.publish(body);
      const bodies = (await tap.take(2)).map((
        { message },
      ) => [...message.body]);
      alike(
        bodies,
        [[1, 2, 3], [9, 9, 9]],
        "bodies of a buffer that was used again",
      );
    },
  },
];
