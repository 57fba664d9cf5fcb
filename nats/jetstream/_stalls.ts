import type { Consumer } from "./_consumer.ts";
import type { Session } from "../session.ts";

const rarest = 16;

/**
 * Tells, once each time, that a reader waits for messages which the server holds back, because the consumer has as many unsettled deliveries as it may.
 *
 * The server itself says nothing of it. It is asked when nothing has come for as long as it waits for a settlement, and then ever more rarely.
 *
 * @param taken How many were taken so far; undefined while nobody stands in line for more.
 * @returns What ends the telling.
 */
export function tellOfStalls(
  session: Session,
  consumer: Consumer,
  taken: () => number | undefined,
): () => void {
  const { clock } = session;
  let cancel = (): void => {};
  let before: number | undefined;
  let times = 1;
  let told = false;
  const isStuck = (): boolean => before !== undefined && taken() === before;
  const look = async (): Promise<void> => {
    const state = await consumer.state();
    if (state === undefined || told || !isStuck()) return;
    const { waiting, unsettled, most } = state;
    if (waiting === 0 || most < 1 || unsettled < most) return;
    told = true;
    session.report({
      kind: "slow",
      detail:
        `The consumer "${consumer.name}" has ${unsettled} unsettled deliveries, as many as it may: ${waiting} messages wait until some are settled`,
    });
  };
  const wait = (): void => {
    cancel = clock.after(consumer.leastWaitMs * times, () => {
      if (isStuck()) {
        // What fails here is told by those who read.
        if (!told && session.connected) look().catch(() => {});
        times = Math.min(times * 2, rarest);
      } else {
        times = 1;
        told = false;
        before = taken();
      }
      wait();
    });
  };
  wait();
  return () => {
    before = undefined;
    cancel();
  };
}
