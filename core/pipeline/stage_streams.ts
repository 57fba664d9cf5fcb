import { Inlet } from "./inlet.ts";
import { Outlet } from "./outlet.ts";
import type { Plan } from "./plan.ts";

/** A stage as real streams: where somebody else's stage stands before or after it. */
export class StageStreams {
  readonly readable: ReadableStream<unknown>;
  readonly writable: WritableStream<unknown>;

  constructor({ name, open }: Plan) {
    let controller!: ReadableStreamDefaultController<unknown>;
    const inlet = new Inlet(
      `push through stage "${name}"`,
      (env) => open(env, outlet),
    );
    let refuse: WritableStreamDefaultController | undefined;
    this.readable = new ReadableStream({
      start: (own) => {
        controller = own;
      },
      pull: () => outlet.pull(),
      cancel: (reason) => {
        outlet.leave();
        inlet.drop(reason);
        refuse?.error(reason);
      },
    }, { highWaterMark: 0 });
    const outlet = new Outlet(controller);
    this.writable = new WritableStream<unknown>({
      start: (own) => {
        refuse = own;
      },
      write: async (chunk) => {
        try {
          await inlet.take(chunk);
        } catch (error) {
          inlet.drop(error);
          outlet.drop(error);
          throw error;
        }
      },
      close: async () => {
        await inlet.end();
        // Where nothing was written nothing was opened.
        await outlet.end();
      },
      abort: (reason) => {
        inlet.drop(reason);
        outlet.drop(reason);
      },
    }, { highWaterMark: 1 });
  }
}
