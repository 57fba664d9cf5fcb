import { test } from "@ruststream/conformance/runner";
import { systemClock } from "@ruststream/core/contract";
import { VirtualClock } from "@ruststream/core/testing";
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { NatsServer } from "../../_tools/nats_server.ts";
import { natsBroker } from "../nats_broker.ts";
import type { NatsConnection } from "../nats_connection.ts";
import { Raw, type Stage } from "./_raw_test.ts";
import { scenarios } from "./_scenarios_test.ts";

const isTimed = /^(settle|publish|2\.11: one)/;

type Played = Readonly<Record<string, readonly string[]>>;
type Place = Omit<Stage, "connection"> & {
  connect(): Promise<NatsConnection>;
};

async function play(name: string, place: Place): Promise<readonly string[]> {
  await using connection = await place.connect();
  const raw = new Raw({ ...place, connection });
  await scenarios[name]?.(raw);
  raw.end();
  return raw.log;
}

/** Lets time pass on a machine that may be busy: what the steps between took too long is made up for, but for the moment that answers need. */
function catchingUp(pace: number): (ms: number) => Promise<void> {
  let due: number | undefined;
  return async (ms) => {
    due = (due ?? systemClock.mono()) + ms;
    const least = Math.min(ms, 30 * pace);
    await systemClock.sleep(Math.max(least, due - systemClock.mono()));
  };
}

/** Plays these at once, each on streams and a connection of its own. */
async function playLive(
  { url }: NatsServer,
  names: readonly string[],
  pace: number,
): Promise<Played> {
  const broker = natsBroker({ servers: url });
  const played: Record<string, readonly string[]> = {};
  // Those that are about short times come last, when the server has less to do.
  for (const timed of [false, true]) {
    const now = names.filter((name) => isTimed.test(name) === timed);
    await Promise.all(now.map(async (name) => {
      const playing = play(name, {
        connect: () => broker.connect(),
        pace,
        pass: catchingUp(pace),
        ends: (wait) => wait,
      });
      // A server that is too busy to answer is a difference like others.
      played[name] = await playing.catch((error) => [`It failed: ${error}`]);
    }));
  }
  return played;
}

async function ends<T>(clock: VirtualClock, wait: Promise<T>): Promise<T> {
  let ended = false;
  const end = (): void => void (ended = true);
  wait.then(end, end);
  for (let turns = 0; turns < 20 && !ended; turns++) await clock.turn();
  // Nobody answers: it ends by its time.
  while (!ended) await clock.advance(100);
  return await wait;
}

async function playInside(
  serverVersion: string,
  names: readonly string[],
  pace: number,
): Promise<Played> {
  const broker = await natsBroker().inProcess({ serverVersion });
  const played: Record<string, readonly string[]> = {};
  for (const name of names) {
    const clock = new VirtualClock({ startMs: Date.parse("2026-03-02") });
    played[name] = await play(name, {
      connect: () => broker.connect({ clock }),
      pace,
      pass: (ms) => clock.advance(ms),
      ends: (wait) => ends(clock, wait),
    });
  }
  return played;
}

const paces = [1, 3, 8];
const onDeno = "Deno" in globalThis;

for (const generation of ["newest", "2.10", "2.9"] as const) {
  const olderElsewhere = generation !== "newest" && !onDeno;

  test(
    `the server in process answers what a live one does: ${generation}`,
    async () => {
      // A machine that is busy keeps a live server from its times: what differs is played again, slower.
      let live: Played = {};
      let inside: Played = {};
      let names: readonly string[] = Object.keys(scenarios);
      for (const pace of paces) {
        await using server = await NatsServer.start({ generation });
        live = await playLive(server, names, pace);
        inside = await playInside(server.version, names, pace);
        names = names.filter((name) =>
          !isDeepStrictEqual(inside[name], live[name])
        );
        if (names.length === 0) break;
      }
      assert.deepEqual(inside, live);
    },
    {
      timeoutMs: 120_000,
      ...(olderElsewhere && {
        skip: "the older servers are asked on Deno, the newest here too",
      }),
    },
  );
}
