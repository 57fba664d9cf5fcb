import type { Connection } from "@ruststream/core/contract";
import type { Bench } from "./bench.ts";

const steps = 32;

/** Cuts the network of a connection, and waits until that is seen: by its state, or by what is told. */
export async function cut(bench: Bench, connection: Connection): Promise<void> {
  const told = (): number =>
    bench.events.filter(({ kind }) => kind === "disconnected").length;
  const before = told();
  await bench.settings.cut?.(connection);
  await bench.turns();
  const unseen = (): boolean =>
    connection.state === "connected" && told() === before;
  for (let left = steps; left > 0 && unseen(); left--) {
    await bench.pass(bench.settings.withinMs / steps);
  }
}

/** Cuts the network of a connection and joins it again, and waits until the connection is there or gone for good. */
export async function cutAndMend(
  bench: Bench,
  connection: Connection,
): Promise<void> {
  await cut(bench, connection);
  await bench.settings.mend?.(connection);
  for (
    let left = steps;
    left > 0 && connection.state === "reconnecting";
    left--
  ) await bench.pass(bench.settings.withinMs / steps);
}
