import { errorLine } from "./failure.ts";
import type { World } from "./world.ts";

async function readAll(world: World, path: string): Promise<string> {
  const input = await world.open(path);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  try {
    for (;;) {
      const bytes = await input.read();
      if (bytes === undefined) return text + decoder.decode();
      text += decoder.decode(bytes, { stream: true });
    }
  } finally {
    await input.close();
  }
}

/**
 * Reads a file to its end, standard input for `-`.
 *
 * @throws {TypeError} If it cannot be read, or is not UTF-8.
 */
export async function readText(world: World, path: string): Promise<string> {
  try {
    return await readAll(world, path);
  } catch (error) {
    throw new TypeError(`Cannot read "${path}": ${errorLine(error)}`);
  }
}

/**
 * Writes a file, in the place of one that is there.
 *
 * @throws {TypeError} If it cannot be written.
 */
export async function saveText(
  world: World,
  path: string,
  text: string,
): Promise<void> {
  try {
    await world.save(path, text);
  } catch (error) {
    throw new TypeError(`Cannot write "${path}": ${errorLine(error)}`);
  }
}
